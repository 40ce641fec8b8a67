// Bytes towards the guest. Credit is given back when they have been handed on, so that what is kept of a channel is
// never more than its credit.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "file.h"
#include "stream.h"
#include "terminal.h"

#define CHUNK_ROOM 32768  // a frame's payload fits
#define SPARES_MOST 8
#define GIVE_BACK 65536

struct chunk {
  struct chunk *next;
  size_t begin, end;
  uint8_t bytes[CHUNK_ROOM];
};

// Kept for all channels: to free and allocate them again would have the kernel clear their pages every time.
static struct chunk *spares;
static int spare_count;

static struct chunk *fresh(void) {
  struct chunk *chunk = spares;
  if (chunk != NULL) {
    spares = chunk->next;
    spare_count--;
  } else {
    chunk = malloc(sizeof *chunk);
  }
  if (chunk == NULL) return NULL;
  chunk->next = NULL;
  chunk->begin = chunk->end = 0;
  return chunk;
}

static void retire(struct chunk *chunk) {
  if (spare_count >= SPARES_MOST) {
    free(chunk);
    return;
  }
  chunk->next = spares;
  spares = chunk;
  spare_count++;
}

static void write_ready(struct watch *watch, uint32_t events);

void inflow_begin(struct channel *channel) {
  channel->in.credit = CREDIT_FIRST;
  channel->in.watch = (struct watch){.fd = -1, .ready = write_ready, .owner = channel};
}

static void drop_chunks(struct input *in) {
  while (in->head != NULL) {
    struct chunk *chunk = in->head;
    in->head = chunk->next;
    retire(chunk);
  }
  in->tail = NULL;
}

void inflow_drop(struct channel *channel) {
  loop_drop(&channel->in.watch);
  drop_chunks(&channel->in);
}

static bool keep(struct input *in, const uint8_t *bytes, size_t size) {
  struct chunk *tail = in->tail;
  if (tail == NULL || CHUNK_ROOM - tail->end < size) {
    tail = fresh();
    if (tail == NULL) return false;
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
  uint8_t payload[4];
  put32(payload, in->owed);
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

void inflow_move(struct channel *channel) {
  struct input *in = &channel->in;
  if (!channel->open || in->watch.fd < 0 || in->done) return;
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
    retire(chunk);
  }
  loop_want(&in->watch, 0);
  if (in->ended) finish_input(channel);
}

static void write_ready(struct watch *watch, uint32_t events) {
  (void)events;
  inflow_move(watch->owner);
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
  inflow_move(channel);
}

void stream_write_to(struct channel *channel, int descriptor, bool digested) {
  channel->in.used = true;
  channel->in.watch.fd = descriptor;
  channel->in.digested = digested;
  if (digested) blake2b_begin(&channel->in.hash);
}

