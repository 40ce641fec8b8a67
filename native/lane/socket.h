// Connections and listeners inside the guest.
#ifndef LANE_SOCKET_H
#define LANE_SOCKET_H

#include "channel.h"

void socket_connect(struct channel *channel);
void socket_listen(struct channel *channel);
/** Removes what a listener leaves behind in the file system. */
void socket_forget(struct channel *channel);

#endif
