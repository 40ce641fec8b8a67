// A port's process. Knows the ways of Linux's virtio_console: read gives 0 and poll hangs up while the host end is
// closed; SIGIO comes when it opens, and with data too, so that it is asked for only while nobody is there.
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "session.h"

#define LOOK_MS 1000

static struct session session;

static void ask_for_signal(bool wanted) {
  int flags = fcntl(session.in.fd, F_GETFL);
  fcntl(session.in.fd, F_SETFL, wanted ? flags | O_ASYNC : flags & ~O_ASYNC);
}

enum presence { ABSENT, PRESENT, GONE };

// The driver knows the difference between nothing yet, nobody there and no port any more; only read tells.
static enum presence look(void) {
  uint8_t *room = session.input;
  ssize_t got = read(session.in.fd, room, 1);
  if (got > 0) {
    session.begin = 0;
    session.end = (size_t)got;
    return PRESENT;
  }
  if (got == 0) return ABSENT;
  return errno == EAGAIN || errno == EINTR ? PRESENT : GONE;
}

// True when somebody is there; false when the port is gone or the process shall end.
static bool wait_for_host(void) {
  ask_for_signal(true);
  for (;;) {
    enum presence presence = look();
    if (presence == GONE || session.quit) return false;
    if (presence == PRESENT) break;
    session.closed = false;
    loop_want(&session.in, 0);
    loop_round(LOOK_MS);  // the signals' descriptor wakes it: SIGIO, SIGCHLD, SIGTERM
  }
  ask_for_signal(false);
  return true;
}

int port_serve(const char *path) {
  int port = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (port < 0 || fcntl(port, F_SETOWN, getpid()) < 0 || !session_open(&session, port, port)) return PORT_GONE;
  loop_want(&session.in, 0);
  while (wait_for_host()) {
    session.closed = false;
    loop_want(&session.in, EPOLLIN);
    while (!session.closed && !session.quit) session_round(&session, -1);
    if (session.quit) break;
    session_drop(&session);
    session.begin = session.end = 0;
  }
  bool quit = session.quit;
  session_close(&session);
  return quit ? PORT_QUIT : PORT_GONE;
}
