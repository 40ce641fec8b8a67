// Bytes between frames and descriptors. Credit is given back when bytes have been handed on, so that what is kept of a
// channel is never more than its credit.
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"
#include "terminal.h"

#define CHUNK_LEAST 4096
#define GIVE_BACK 65536
#define READS_IN_A_ROUND 4
#define TERMINAL_HOLDS 131072

struct chunk {
  struct chunk *next;
  size_t begin, end, room;
  uint8_t bytes[];
};

static void write_ready(struct watch *watch, uint32_t events);
static void read_ready(struct watch *watch, uint32_t events);

void stream_begin(struct channel *channel) {
  channel->in.credit = CREDIT_FIRST;
  channel->in.watch = (struct watch){.fd = -1, .ready = write_ready, .owner = channel};
  for (int i = 0; i < 2; i++) {
    struct output *out = &channel->out[i];
    out->stream = (uint8_t)(i + 1);
    out->credit = CREDIT_FIRST;
    out->limit = UINT64_MAX;
    out->watch = (struct watch){.fd = -1, .ready = read_ready, .owner = channel};
  }
}

static void drop_chunks(struct input *in) {
  while (in->head != NULL) {
    struct chunk *chunk = in->head;
    in->head = chunk->next;
    free(chunk);
  }
  in->tail = NULL;
}

void stream_drop(struct channel *channel) {
  loop_drop(&channel->in.watch);
  drop_chunks(&channel->in);
  for (int i = 0; i < 2; i++) loop_drop(&channel->out[i].watch);
}

// ---- towards the guest

static bool keep(struct input *in, const uint8_t *bytes, size_t size) {
  struct chunk *tail = in->tail;
  if (tail == NULL || tail->room - tail->end < size) {
    size_t room = size < CHUNK_LEAST ? CHUNK_LEAST : size;
    tail = malloc(sizeof *tail + room);
    if (tail == NULL) return false;
    *tail = (struct chunk){.room = room};
    if (in->tail != NULL) in->tail->next = tail;
    else in->head = tail;
    in->tail = tail;
  }
  memcpy(tail->bytes + tail->end, bytes, size);
  tail->end += size;
  return true;
}

static void give_back(struct channel *channel, size_t size) {
  struct input *in = &channel->in;
  in->owed += (uint32_t)size;
  if (in->owed < GIVE_BACK || in->ended) return;
  uint8_t payload[4] = {(uint8_t)(in->owed >> 24), (uint8_t)(in->owed >> 16), (uint8_t)(in->owed >> 8),
                        (uint8_t)in->owed};
  in->credit += in->owed;
  in->owed = 0;
  struct frame_head head = {.channel = channel->number, .type = FRAME_WINDOW, .stream = 0};
  session_send(channel->session, head, payload, sizeof payload);
}

void stream_confirm_input(struct channel *channel) {
  uint8_t digest[BLAKE2B_SIZE];
  struct frame_head head = {.channel = channel->number, .type = FRAME_EOF, .stream = 0};
  if (channel->in.digested) blake2b_end(&channel->in.hash, digest);
  session_send(channel->session, head, digest, channel->in.digested ? sizeof digest : 0);
}

static void finish_input(struct channel *channel) {
  struct input *in = &channel->in;
  if (in->done || !in->used) return;
  in->done = true;
  if (channel->kind == KIND_WRITE) {
    file_sync(channel);
    return;
  }
  if (channel->kind == KIND_SOCKET) shutdown(in->watch.fd, SHUT_WR);
  if (channel->kind == KIND_PROGRAM && channel->terminal && !channel->ended) terminal_end(in->watch.fd);
  if (channel->kind != KIND_PROGRAM || !channel->terminal) loop_drop(&in->watch);
  else loop_want(&in->watch, 0);  // kept: resizing goes through it
  if (channel->kind == KIND_PROGRAM && in->digested) stream_confirm_input(channel);
  channel_settle(channel);
}

void stream_abandon_input(struct channel *channel) {
  struct input *in = &channel->in;
  size_t lost = 0;
  for (struct chunk *chunk = in->head; chunk != NULL; chunk = chunk->next) lost += chunk->end - chunk->begin;
  drop_chunks(in);
  finish_input(channel);
  if (!channel->buried && lost > 0) give_back(channel, lost);
}

static void write_failed(struct channel *channel) {
  if (channel->kind == KIND_PROGRAM) stream_abandon_input(channel);
  else channel_fault(channel, errno, "write");
}

// Writes what it can; -1 after a failure that ended the stream or the channel.
static ssize_t write_some(struct channel *channel, const uint8_t *bytes, size_t size) {
  struct input *in = &channel->in;
  size_t done = 0;
  while (done < size) {
    ssize_t wrote = write(in->watch.fd, bytes + done, size - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) break;
    if (wrote < 0) {
      write_failed(channel);
      return -1;
    }
    if (in->digested) blake2b_add(&in->hash, bytes + done, (size_t)wrote);
    done += (size_t)wrote;
  }
  give_back(channel, done);
  return (ssize_t)done;
}

static void flow_in(struct channel *channel) {
  struct input *in = &channel->in;
  if (in->watch.fd < 0 || in->done) return;
  while (in->head != NULL) {
    struct chunk *chunk = in->head;
    ssize_t wrote = write_some(channel, chunk->bytes + chunk->begin, chunk->end - chunk->begin);
    if (wrote < 0) return;
    chunk->begin += (size_t)wrote;
    if (chunk->begin < chunk->end) {
      if (!loop_want(&in->watch, EPOLLOUT)) channel_fault(channel, errno, "write");
      return;
    }
    in->head = chunk->next;
    if (in->head == NULL) in->tail = NULL;
    free(chunk);
  }
  loop_want(&in->watch, 0);
  if (in->ended) finish_input(channel);
}

static void write_ready(struct watch *watch, uint32_t events) {
  (void)events;
  flow_in(watch->owner);
}

void stream_take(struct channel *channel, const uint8_t *bytes, size_t size) {
  struct input *in = &channel->in;
  if (!in->used || in->ended || size == 0 || size > in->credit) {
    session_break(channel->session);
    return;
  }
  in->credit -= (uint32_t)size;
  if (in->done) {
    give_back(channel, size);
    return;
  }
  if (channel->open && in->head == NULL && in->watch.fd >= 0) {
    ssize_t wrote = write_some(channel, bytes, size);
    if (wrote < 0 || (size_t)wrote == size) return;
    bytes += wrote;
    size -= (size_t)wrote;
  }
  if (!keep(in, bytes, size)) channel_fault(channel, ENOMEM, "write");
  else if (channel->open && !loop_want(&in->watch, EPOLLOUT)) channel_fault(channel, errno, "write");
}

void stream_end(struct channel *channel) {
  if (channel->in.ended) {
    session_break(channel->session);
    return;
  }
  channel->in.ended = true;
  if (channel->open) flow_in(channel);
}

void stream_write_to(struct channel *channel, int descriptor, bool digested) {
  channel->in.used = true;
  channel->in.watch.fd = descriptor;
  channel->in.digested = digested;
  if (digested) blake2b_begin(&channel->in.hash);
}

// ---- from the guest

void stream_read_from(struct channel *channel, int which, int descriptor, bool digested) {
  struct output *out = &channel->out[which];
  out->used = true;
  out->watch.fd = descriptor;
  out->digested = digested;
  if (digested) blake2b_begin(&out->hash);
}

static void arm(struct channel *channel, struct output *out) {
  if (out->watch.fd < 0 || channel->kind == KIND_READ) return;
  bool room = outbox_has_room(&channel->session->outbox);
  if (!room) channel->session->starved = true;
  bool wanted = channel->open && !out->done && out->credit > 0 && room;
  if (!loop_want(&out->watch, wanted ? EPOLLIN : 0)) channel_fault(channel, errno, "read");
}

static void finish_output(struct channel *channel, struct output *out) {
  uint8_t digest[BLAKE2B_SIZE];
  struct frame_head head = {.channel = channel->number, .type = FRAME_EOF, .stream = out->stream};
  if (out->digested) blake2b_end(&out->hash, digest);
  session_send(channel->session, head, digest, out->digested ? sizeof digest : 0);
  out->done = true;
  loop_drop(&out->watch);
  channel_settle(channel);
}

// False when there is nothing more to be had now.
static bool read_once(struct channel *channel, struct output *out) {
  struct outbox *outbox = &channel->session->outbox;
  if (out->done) return false;
  if (out->limit == 0) {
    finish_output(channel, out);
    return false;
  }
  if (out->credit == 0 || !outbox_has_room(outbox)) return false;
  uint8_t *payload = outbox_payload(outbox);
  if (payload == NULL) {
    channel_fault(channel, ENOMEM, "read");
    return false;
  }
  size_t most = out->credit < PAYLOAD_MOST ? out->credit : PAYLOAD_MOST;
  if (out->limit < most) most = (size_t)out->limit;
  ssize_t got = read(out->watch.fd, payload, most);
  if (got < 0 && errno == EINTR) return true;
  if (got < 0 && errno == EAGAIN && out->limit == UINT64_MAX) return false;
  if (got <= 0) {
    if (got < 0 && channel->kind != KIND_PROGRAM) channel_fault(channel, errno, "read");
    else finish_output(channel, out);
    return false;
  }
  if (out->digested) blake2b_add(&out->hash, payload, (size_t)got);
  out->credit -= (uint32_t)got;
  if (out->limit != UINT64_MAX) out->limit -= (uint64_t)got;
  struct frame_head head = {.channel = channel->number, .type = FRAME_DATA, .stream = out->stream};
  if (!outbox_commit(outbox, head, (size_t)got)) session_break(channel->session);
  return true;
}

static void flow_out(struct channel *channel, struct output *out) {
  for (int i = 0; i < READS_IN_A_ROUND && read_once(channel, out); i++) {
  }
  if (!channel->buried && out->limit == 0) read_once(channel, out);
  if (!channel->buried) arm(channel, out);
}

// After the program's end nothing may ever become ready, so that the rest is read without being told to.
static void resume(struct channel *channel, struct output *out) {
  if (out->limit != UINT64_MAX && channel->open) flow_out(channel, out);
  else arm(channel, out);
}

static void read_ready(struct watch *watch, uint32_t events) {
  (void)events;
  struct channel *channel = watch->owner;
  flow_out(channel, watch == &channel->out[0].watch ? &channel->out[0] : &channel->out[1]);
}

bool stream_pump_file(struct channel *channel) {
  if (channel->kind != KIND_READ || !channel->open || channel->out[0].done) return false;
  read_once(channel, &channel->out[0]);
  if (channel->buried || channel->out[0].credit == 0) return false;
  if (outbox_has_room(&channel->session->outbox)) return true;
  channel->session->starved = true;
  return false;
}

void stream_limit_output(struct channel *channel) {
  for (int i = 0; i < 2 && !channel->buried; i++) {
    struct output *out = &channel->out[i];
    if (out->watch.fd < 0 || out->done) continue;
    int held = 0;
    // What a terminal still has under way is not counted: it is read until there is no more, within its capacity.
    if (channel->terminal) out->limit = TERMINAL_HOLDS;
    else out->limit = ioctl(out->watch.fd, FIONREAD, &held) == 0 && held > 0 ? (uint64_t)held : 0;
    flow_out(channel, out);
  }
}

void stream_credit(struct channel *channel, uint8_t stream, uint32_t bytes) {
  if (stream < 1 || stream > 2 || bytes > CREDIT_MOST - channel->out[stream - 1].credit) {
    session_break(channel->session);
    return;
  }
  channel->out[stream - 1].credit += bytes;
  if (channel->open) resume(channel, &channel->out[stream - 1]);
}

void stream_flow(struct channel *channel) {
  if (!channel->open) return;
  if (channel->in.used && !channel->in.done) flow_in(channel);
  for (int i = 0; i < 2 && !channel->buried; i++) resume(channel, &channel->out[i]);
}
