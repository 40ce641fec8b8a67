// The table of channels, and how each one begins and ends. What its streams carry is for inflow.c and outflow.c.
#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socket.h"
#include "stream.h"

struct channel *channel_find(struct session *session, uint32_t number) {
  struct channel *channel = session->channels[number % BUCKETS];
  while (channel != NULL && channel->number != number) channel = channel->next;
  return channel;
}

struct channel *channel_new(struct session *session, uint32_t number) {
  if (session->channel_count >= CHANNELS_MOST) {
    errno = EMFILE;
    return NULL;
  }
  struct channel *channel = calloc(1, sizeof *channel);
  if (channel == NULL) return NULL;
  channel->session = session;
  channel->number = number;
  channel->news = (struct watch){.fd = -1, .owner = channel};
  inflow_begin(channel);
  outflow_begin(channel);
  channel->next = session->channels[number % BUCKETS];
  session->channels[number % BUCKETS] = channel;
  session->channel_count++;
  return channel;
}

void channel_send(struct channel *channel, enum frame_type type, uint8_t stream, const struct reply *reply) {
  struct frame_head head = {.channel = channel->number, .type = (uint8_t)type, .stream = stream};
  session_send(channel->session, head, reply == NULL ? NULL : reply->bytes, reply == NULL ? 0 : reply->size);
}

void channel_opened(struct channel *channel, const struct reply *reply) {
  request_free(&channel->request);
  channel->open = true;
  channel_send(channel, FRAME_OPENED, 0, reply);
  inflow_move(channel);
  if (!channel->buried) outflow_move(channel);
}

void channel_fault(struct channel *channel, int error, const char *where) {
  struct reply reply = {.size = 0};
  reply_number(&reply, TAG_ERRNO, (uint32_t)error);
  reply_text(&reply, TAG_WHERE, where);
  channel_send(channel, channel->open ? FRAME_CLOSE : FRAME_FAILED, 0, &reply);
  channel_bury(channel, true);
}

void channel_settle(struct channel *channel) {
  if (channel->buried || !channel->open || channel->kind == KIND_LISTENER) return;
  for (int i = 0; i < 2; i++) {
    if (channel->out[i].used && !channel->out[i].done) return;
  }
  if (channel->kind == KIND_PROGRAM) {
    if (!channel->told) return;
  } else if (channel->in.used && !channel->in.done) {
    return;
  }
  channel_bury(channel, false);
}

void channel_bury(struct channel *channel, bool kill) {
  if (channel->buried) return;
  channel->buried = true;
  struct session *session = channel->session;
  struct channel **link = &session->channels[channel->number % BUCKETS];
  while (*link != channel) link = &(*link)->next;
  *link = channel->next;
  session->channel_count--;
  if (channel->kind == KIND_LISTENER) socket_forget(channel);
  if (channel->kind == KIND_PROGRAM) {
    if (kill) tree_kill(&channel->tree, channel->ended ? 0 : channel->pid);
    tree_leave(&channel->tree);
  }
  loop_drop(&channel->news);
  inflow_drop(channel);
  outflow_drop(channel);
  request_free(&channel->request);
  channel->next = session->graveyard;
  session->graveyard = channel;
}

void channels_each(struct session *session, void (*act)(struct channel *channel)) {
  for (int i = 0; i < BUCKETS; i++) {
    struct channel *next;
    for (struct channel *channel = session->channels[i]; channel != NULL; channel = next) {
      next = channel->next;
      act(channel);
    }
  }
}

static void bury_killing(struct channel *channel) { channel_bury(channel, true); }

void channels_bury_all(struct session *session) { channels_each(session, bury_killing); }

void channels_free_buried(struct session *session) {
  while (session->graveyard != NULL) {
    struct channel *channel = session->graveyard;
    session->graveyard = channel->next;
    free(channel);
  }
}
