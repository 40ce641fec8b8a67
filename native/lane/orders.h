// What the host end's frames mean.
#ifndef LANE_ORDERS_H
#define LANE_ORDERS_H

#include "session.h"

/** Obeys one frame. Where it breaks the rules, the session is marked as broken. */
void orders_obey(struct session *session, struct frame_head head, const uint8_t *payload, size_t size);

#endif
