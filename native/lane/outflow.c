// Bytes from the guest: read as far as credit and the outbox allow, each piece straight into the frame it goes out in.
#include <errno.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "stream.h"

#define READS_IN_A_ROUND 4
#define TERMINAL_HOLDS 131072

static void read_ready(struct watch *watch, uint32_t events);

void outflow_begin(struct channel *channel) {
  for (int i = 0; i < 2; i++) {
    struct output *out = &channel->out[i];
    out->stream = (uint8_t)(i + 1);
    out->credit = CREDIT_FIRST;
    out->limit = UINT64_MAX;
    out->watch = (struct watch){.fd = -1, .ready = read_ready, .owner = channel};
  }
}

void outflow_drop(struct channel *channel) {
  for (int i = 0; i < 2; i++) loop_drop(&channel->out[i].watch);
}

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

// Frames of what was read, in the order in which it was.
static void send_read(struct channel *channel, struct output *out, const struct iovec *payloads, size_t got) {
  struct frame_head head = {.channel = channel->number, .type = FRAME_DATA, .stream = out->stream};
  for (int i = 0; got > 0; i++) {
    size_t size = got < payloads[i].iov_len ? got : payloads[i].iov_len;
    if (out->digested) blake2b_add(&out->hash, payloads[i].iov_base, size);
    if (!outbox_commit(&channel->session->outbox, head, size)) session_break(channel->session);
    got -= size;
  }
}

static size_t wanted(const struct channel *channel, const struct output *out) {
  size_t most = outbox_room(&channel->session->outbox);
  if (out->credit < most) most = out->credit;
  return out->limit < most ? (size_t)out->limit : most;
}

// False when there is nothing more to be had now.
static bool read_once(struct channel *channel, struct output *out) {
  struct iovec payloads[PAYLOADS_MOST];
  if (out->done) return false;
  if (out->limit == 0) {
    finish_output(channel, out);
    return false;
  }
  size_t most = wanted(channel, out);
  if (most == 0) return false;
  int count = outbox_payloads(&channel->session->outbox, payloads, most);
  if (count == 0) {
    channel_fault(channel, ENOMEM, "read");
    return false;
  }
  ssize_t got = readv(out->watch.fd, payloads, count);
  if (got < 0 && errno == EINTR) return true;
  if (got < 0 && errno == EAGAIN && out->limit == UINT64_MAX) return false;
  if (got <= 0) {
    if (got < 0 && channel->kind != KIND_PROGRAM) channel_fault(channel, errno, "read");
    else finish_output(channel, out);
    return false;
  }
  out->credit -= (uint32_t)got;
  if (out->limit != UINT64_MAX) out->limit -= (uint64_t)got;
  send_read(channel, out, payloads, (size_t)got);
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
  for (int i = 0; i < READS_IN_A_ROUND && !channel->buried && read_once(channel, &channel->out[0]); i++) {
  }
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

void outflow_move(struct channel *channel) {
  if (!channel->open) return;
  for (int i = 0; i < 2 && !channel->buried; i++) resume(channel, &channel->out[i]);
}
