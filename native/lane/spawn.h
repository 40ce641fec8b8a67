// Programs: from SPAWN to EXIT.
#ifndef LANE_SPAWN_H
#define LANE_SPAWN_H

#include "channel.h"

/** Starts what the channel's request says. */
void spawn_start(struct channel *channel);
/** Takes in the ends of all children that have ended. */
void spawn_reap(struct session *session);
void spawn_signal(struct channel *channel, int signal, bool tree);
void spawn_resize(struct channel *channel, uint16_t rows, uint16_t columns);

#endif
