// The streams of a channel: what is written to its descriptors and read from them, within credit.
#ifndef LANE_STREAM_H
#define LANE_STREAM_H

#include "channel.h"

void inflow_begin(struct channel *channel);
void outflow_begin(struct channel *channel);
/** DATA on stream 0. */
void stream_take(struct channel *channel, const uint8_t *bytes, size_t size);
/** EOF on stream 0. */
void stream_end(struct channel *channel);
/** WINDOW of stream 1 or 2. */
void stream_credit(struct channel *channel, uint8_t stream, uint32_t bytes);
/** Gives a stream its descriptor, which is taken. False with errno, the descriptor closed. */
void stream_write_to(struct channel *channel, int descriptor, bool digested);
void stream_read_from(struct channel *channel, int which, int descriptor, bool digested);
/** Both move on after something has changed: the channel is open, or there is room again. */
void inflow_move(struct channel *channel);
void outflow_move(struct channel *channel);
/** Reads once from a file, where credit and room allow. True when there is more to do at once. */
bool stream_pump_file(struct channel *channel);
/** What is written goes nowhere any more: the program has ended or no longer reads. */
void stream_abandon_input(struct channel *channel);
/** The last of a program's output is what its pipes hold now. */
void stream_limit_output(struct channel *channel);
/** Sends EOF of stream 0, with a digest where one was asked for. */
void stream_confirm_input(struct channel *channel);
void inflow_drop(struct channel *channel);
void outflow_drop(struct channel *channel);

#endif
