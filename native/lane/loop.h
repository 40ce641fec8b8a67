// The event loop of a process that serves one session: descriptors and what is called when they are ready.
#ifndef LANE_LOOP_H
#define LANE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

// Lives inside what owns it, which must outlast the round in which it was stopped (see channel_bury).
struct watch {
  int fd;           // -1: none
  uint32_t events;  // what epoll was told; 0: not in the set
  void (*ready)(struct watch *watch, uint32_t events);
  void *owner;
};

bool loop_open(void);
void loop_close(void);
/** Sets what is waited for; 0 takes the descriptor out of the set, for a hung-up one would report for ever. */
bool loop_want(struct watch *watch, uint32_t events);
/** Takes it out of the set and closes the descriptor. */
void loop_drop(struct watch *watch);
/** Waits at most so long (-1: for ever) and calls what is ready. False when nothing was. */
bool loop_round(int milliseconds);
/** Asks `ready` of a pseudo-descriptor with the signals of a set; they must be blocked. */
int loop_signals(const int *signals, int count);

#endif
