// A session's life: the hello, the bytes that come, and the rounds of the loop. Frames are obeyed by orders.c.
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "channel.h"
#include "hello.h"
#include "orders.h"
#include "spawn.h"
#include "stream.h"

#define PIECE 4096  // what a port's driver gives at once
#define PIECES 16
#define READS_IN_A_ROUND 4
#define STALL_MS 200

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void session_send(struct session *session, struct frame_head head, const void *payload, size_t size) {
  if (!outbox_add(&session->outbox, head, payload, size)) session->broken = true;
}

void session_break(struct session *session) { session->broken = true; }

void session_drop(struct session *session) {
  channels_bury_all(session);
  draft_drop(&session->draft);
  outbox_clear(&session->outbox);
  session->live = session->broken = session->starved = false;
}

static void greet(struct session *session, const uint8_t *hello) {
  const uint8_t *nonce = hello + HELLO_NONCE;
  uint8_t welcome[WELCOME_MOST];
  if (hello_dismisses(hello)) {
    session_drop(session);
    session->quit = true;
    // What the port does not take now is not waited for: the host end asks again, or sees that nobody answers.
    if (outbox_raw(&session->outbox, welcome, hello_farewell(welcome, nonce))) outbox_flush(&session->outbox, session->out.fd);
    return;
  }
  if (!session->live || memcmp(nonce, session->nonce, sizeof session->nonce) != 0) {
    session_drop(session);
    memcpy(session->nonce, nonce, sizeof session->nonce);
    session->outbox.session = hello_number();
    session->next_accepted = FIRST_ACCEPTED;
    session->live = true;
  }
  size_t size = hello_welcome(welcome, session->nonce, session->outbox.session);
  if (!outbox_raw(&session->outbox, welcome, size)) session->broken = true;
}

// Looks for a hello byte by byte. False when more must come first.
static bool seek_hello(struct session *session) {
  while (session->begin < session->end) {
    const uint8_t *at = session->input + session->begin;
    size_t size = session->end - session->begin;
    enum hello_match match = hello_match(at, size);
    if (match == HELLO_PART) return false;
    if (match == HELLO_WHOLE) {
      session->begin += HELLO_SIZE;
      greet(session, at);
      return true;
    }
    session->begin++;
  }
  return false;
}

// Takes one frame or hello at a place where one must begin. False when more must come first.
static bool take_frame(struct session *session) {
  const uint8_t *at = session->input + session->begin;
  size_t size = session->end - session->begin;
  if (size < 4) return false;
  if (get32(at) != session->outbox.session) {
    // A hello takes over only when it is whole: nothing of the running session is dropped for a beginning.
    enum hello_match match = hello_match(at, size);
    if (match == HELLO_PART) return false;
    if (match == HELLO_NONE) session_drop(session);
    return seek_hello(session);
  }
  if (size < FRAME_HEAD) return false;
  uint32_t length = get32(at + 12);
  if (length > PAYLOAD_MOST || get16(at + 10) != 0) {
    session_drop(session);
    session->begin++;
    return true;
  }
  if (size < FRAME_HEAD + length + FRAME_TAIL) return false;
  session->begin += FRAME_HEAD + length + FRAME_TAIL;
  if (get32(at + FRAME_HEAD + length) != session->outbox.session) {
    session->begin -= FRAME_HEAD + length + FRAME_TAIL - 1;
    session_drop(session);
    return true;
  }
  struct frame_head head = {.channel = get32(at + 4), .type = at[8], .stream = at[9]};
  orders_obey(session, head, at + FRAME_HEAD, length);
  if (session->broken) session_drop(session);
  return true;
}

static void take_input(struct session *session) {
  while (!session->quit && (session->live ? take_frame(session) : seek_hello(session))) {
  }
  if (session->begin == session->end) session->begin = session->end = 0;
  // The rest of a frame must always fit behind what is held of it.
  if (session->begin > 0 && INPUT_ROOM - session->end < BLOCK_MOST) {
    memmove(session->input, session->input + session->begin, session->end - session->begin);
    session->end -= session->begin;
    session->begin = 0;
  }
}

static bool read_input(struct session *session) {
  struct iovec pieces[PIECES];
  int count = 0;
  // A driver that gives one buffer a call is called for each piece within one system call.
  for (size_t at = session->end; at < INPUT_ROOM && count < PIECES; count++) {
    size_t size = INPUT_ROOM - at < PIECE ? INPUT_ROOM - at : PIECE;
    pieces[count] = (struct iovec){.iov_base = session->input + at, .iov_len = size};
    at += size;
  }
  ssize_t got = readv(session->in.fd, pieces, count);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    session->closed = true;
    return false;
  }
  session->end += (size_t)got;
  session->fed_at = now_ms();
  take_input(session);
  return true;
}

static void input_ready(struct watch *watch, uint32_t events) {
  (void)events;
  struct session *session = watch->owner;
  for (int i = 0; i < READS_IN_A_ROUND && !session->quit && read_input(session); i++) {
  }
}

static void output_ready(struct watch *watch, uint32_t events) {
  (void)watch;  // the round flushes; it only had to be woken
  (void)events;
}

static void signals_ready(struct watch *watch, uint32_t events) {
  (void)events;
  struct session *session = watch->owner;
  struct signalfd_siginfo signal;
  while (read(watch->fd, &signal, sizeof signal) == (ssize_t)sizeof signal) {
    if (signal.ssi_signo == SIGTERM) session->quit = true;
  }
  spawn_reap(session);
}

bool session_open(struct session *session, int in, int out) {
  static const int wanted[] = {SIGCHLD, SIGTERM, SIGIO};
  memset(session, 0, sizeof *session);
  session->input = malloc(INPUT_ROOM);
  if (session->input == NULL || !loop_open()) return false;
  int second = in == out ? fcntl(in, F_DUPFD_CLOEXEC, 3) : out;
  fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
  fcntl(second, F_SETFL, fcntl(second, F_GETFL) | O_NONBLOCK);
  session->in = (struct watch){.fd = in, .ready = input_ready, .owner = session};
  session->out = (struct watch){.fd = second, .ready = output_ready, .owner = session};
  session->signals = (struct watch){.fd = loop_signals(wanted, 3), .ready = signals_ready, .owner = session};
  return second >= 0 && session->signals.fd >= 0 && loop_want(&session->signals, EPOLLIN) &&
         loop_want(&session->in, EPOLLIN);
}

// Where a predecessor was cut off within a frame, what its successor says looks like the frame's rest.
static int stall(struct session *session) {
  size_t size = session->end - session->begin;
  if (!session->live || size == 0) return -1;
  int64_t left = session->fed_at + STALL_MS - now_ms();
  if (left > 0) return (int)left;
  if (size < HELLO_SIZE || hello_match(session->input + session->end - HELLO_SIZE, HELLO_SIZE) != HELLO_WHOLE) return -1;
  session->begin = session->end;
  greet(session, session->input + session->end - HELLO_SIZE);
  return 0;
}

static bool pump_files(struct session *session) {
  bool more = false;
  for (int i = 0; i < BUCKETS; i++) {
    struct channel *next;
    for (struct channel *channel = session->channels[i]; channel != NULL; channel = next) {
      next = channel->next;
      if (stream_pump_file(channel)) more = true;
    }
  }
  return more;
}

void session_round(struct session *session, int milliseconds) {
  bool more = session->channel_count > 0 && pump_files(session);
  int left = outbox_flush(&session->outbox, session->out.fd);
  if (left < 0) session->closed = true;
  if (session->starved && outbox_has_room(&session->outbox)) {
    session->starved = false;
    channels_each(session, outflow_move);
    more = true;
  }
  loop_want(&session->out, left > 0 ? EPOLLOUT : 0);
  if (!session->closed) loop_want(&session->in, outbox_has_room(&session->outbox) ? EPOLLIN : 0);
  if (session->broken) session_drop(session);
  int stalled = stall(session);
  if (more || stalled == 0) milliseconds = 0;
  else if (stalled > 0 && (milliseconds < 0 || stalled < milliseconds)) milliseconds = stalled;
  if (!session->closed && !session->quit) loop_round(milliseconds);
  channels_free_buried(session);
}

bool session_serve(struct session *session) {
  while (!session->closed && !session->quit) session_round(session, -1);
  bool quit = session->quit;
  session_close(session);
  return quit;
}

void session_close(struct session *session) {
  session_drop(session);
  channels_free_buried(session);
  loop_drop(&session->signals);
  loop_drop(&session->in);
  loop_drop(&session->out);
  loop_close();
  free(session->input);
}
