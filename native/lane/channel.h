// A channel: a program, a file, a connection or a listener, with up to three streams and their credit.
#ifndef LANE_CHANNEL_H
#define LANE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "blake2b.h"
#include "fields.h"
#include "loop.h"
#include "session.h"
#include "tree.h"

#define CREDIT_FIRST 262144u
#define CREDIT_MOST 16777216u
#define FIRST_ACCEPTED 0x80000000u

enum kind { KIND_PROGRAM, KIND_READ, KIND_WRITE, KIND_SOCKET, KIND_LISTENER };

struct chunk;

// What the host end sends and something here takes.
struct input {
  struct watch watch;
  bool used;     // such a stream exists
  bool ended;    // EOF came
  bool done;     // nothing more is written
  bool digested;
  uint32_t credit;  // what may still come
  uint32_t owed;    // handed on, and not given back yet
  struct chunk *head, *tail;
  struct blake2b hash;
};

// What something here gives and the host end takes.
struct output {
  struct watch watch;
  uint8_t stream;
  bool used, done, digested;
  uint32_t credit;
  uint64_t limit;  // bytes that may still be read, once the program has ended
  struct blake2b hash;
};

struct channel {
  struct channel *next;
  struct session *session;
  uint32_t number;
  enum kind kind;
  bool open;    // OPENED was sent
  bool buried;  // no longer in the table
  struct request request;
  struct watch news;  // tells how the opening, or fsync, went; a listener's socket
  struct input in;
  struct output out[2];
  // Programs only.
  pid_t pid;  // 0 once it is reaped
  bool ended, told;
  int status;
  bool terminal;
  struct tree tree;
};

struct channel *channel_find(struct session *session, uint32_t number);
/** NULL without memory or with all channels taken; errno tells. */
struct channel *channel_new(struct session *session, uint32_t number);
void channel_send(struct channel *channel, enum frame_type type, uint8_t stream, const struct reply *reply);
void channel_opened(struct channel *channel, const struct reply *reply);
/** Says FAILED (not open yet) or CLOSE, and ends the channel. */
void channel_fault(struct channel *channel, int error, const char *where);
/** Ends the channel where nothing is left to be said on it. */
void channel_settle(struct channel *channel);
/** Takes it out of the table, closes and kills what it holds; freed by channels_free_buried. */
void channel_bury(struct channel *channel, bool kill);
void channels_bury_all(struct session *session);
void channels_free_buried(struct session *session);
/** Calls for each; the call may bury the channel it is given. */
void channels_each(struct session *session, void (*act)(struct channel *channel));

#endif
