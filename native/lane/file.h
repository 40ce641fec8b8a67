// Regular files, opened as a user, read or written from beginning to end.
#ifndef LANE_FILE_H
#define LANE_FILE_H

#include "channel.h"

void file_open(struct channel *channel);
/** All is written: onto the disk with it, and the host end is told. */
void file_sync(struct channel *channel);

#endif
