// One session on one pair of descriptors: hello, frames in, frames out, and the channels it holds.
#ifndef LANE_SESSION_H
#define LANE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "draft.h"
#include "loop.h"
#include "outbox.h"

#define CHANNELS_MOST 1024
#define BUCKETS 256
#define INPUT_ROOM (4 * BLOCK_MOST)

enum frame_type {
  FRAME_SPAWN = 1, FRAME_OPEN, FRAME_CONNECT, FRAME_LISTEN, FRAME_DATA, FRAME_EOF, FRAME_WINDOW, FRAME_SIGNAL,
  FRAME_RESIZE, FRAME_CLOSE, FRAME_PING, FRAME_PONG, FRAME_QUIT, FRAME_MORE,
  FRAME_OPENED = 32, FRAME_FAILED, FRAME_EXIT, FRAME_ACCEPTED
};

struct channel;

struct session {
  struct watch in, out, signals;
  bool live;    // a hello was answered
  bool broken;  // a rule was broken: ends when the call in progress returns
  bool quit;    // the host end wants the server gone
  bool closed;  // the descriptor has nothing more to give
  bool starved; // outputs wait for room in the outbox
  uint8_t nonce[16];
  uint8_t *input;
  size_t begin, end;
  int64_t fed_at;  // milliseconds: when bytes came last
  struct outbox outbox;
  struct draft draft;
  struct channel *channels[BUCKETS];
  size_t channel_count;
  struct channel *graveyard;
  uint32_t next_accepted;
};

/** Takes both descriptors, which may be one; they become non-blocking. False with errno. */
bool session_open(struct session *session, int in, int out);
/** Kills the channels and forgets what was to be sent; a hello begins the next session. */
void session_drop(struct session *session);
/** Serves until the input ends, QUIT comes or SIGTERM; then drops and closes. True after QUIT or SIGTERM. */
bool session_serve(struct session *session);
/** One round of waiting and working, for who has more to watch. */
void session_round(struct session *session, int milliseconds);
void session_close(struct session *session);

void session_send(struct session *session, struct frame_head head, const void *payload, size_t size);
void session_break(struct session *session);

#endif
