// The event loop: epoll, level-triggered. Knows descriptors and no session.
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define BATCH 64

static int set = -1;

bool loop_open(void) {
  set = epoll_create1(EPOLL_CLOEXEC);
  return set >= 0;
}

void loop_close(void) {
  if (set >= 0) close(set);
  set = -1;
}

bool loop_want(struct watch *watch, uint32_t events) {
  if (watch->fd < 0 || watch->events == events) return true;
  struct epoll_event event = {.events = events, .data.ptr = watch};
  int how = watch->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  if (epoll_ctl(set, how, watch->fd, &event) < 0) return false;
  watch->events = events;
  return true;
}

void loop_drop(struct watch *watch) {
  if (watch->fd < 0) return;
  loop_want(watch, 0);
  close(watch->fd);
  watch->fd = -1;
}

bool loop_round(int milliseconds) {
  struct epoll_event events[BATCH];
  int count = epoll_wait(set, events, BATCH, milliseconds);
  for (int i = 0; i < count; i++) {
    struct watch *watch = events[i].data.ptr;
    // An earlier call of this round may have stopped it.
    if (watch->fd >= 0 && watch->events != 0) watch->ready(watch, events[i].events);
  }
  return count > 0;
}

int loop_signals(const int *signals, int count) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int i = 0; i < count; i++) sigaddset(&wanted, signals[i]);
  if (sigprocmask(SIG_BLOCK, &wanted, NULL) < 0) return -1;
  return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}
