// From frames to acts. Knows the rules of who may say what when; the acts are others'.
#include "orders.h"

#include <errno.h>

#include "bytes.h"
#include "channel.h"
#include "draft.h"
#include "file.h"
#include "socket.h"
#include "spawn.h"
#include "stream.h"

static void refuse(struct session *session, uint32_t number, int error) {
  struct reply reply = {.size = 0};
  struct frame_head head = {.channel = number, .type = FRAME_FAILED};
  reply_number(&reply, TAG_ERRNO, (uint32_t)error);
  reply_text(&reply, TAG_WHERE, "channel");
  session_send(session, head, reply.bytes, reply.size);
}

static bool may_begin(struct session *session, uint32_t channel) {
  return channel != 0 && channel < FIRST_ACCEPTED && channel_find(session, channel) == NULL;
}

static void more(struct session *session, struct frame_head head, const uint8_t *payload, size_t size) {
  // Without memory too: the order that follows would be another one.
  bool kept = may_begin(session, head.channel) && draft_add(&session->draft, head.channel, payload, size);
  if (!kept) session_break(session);
}

// Reads the fields, with those that came before them.
static bool read_fields(struct session *session, struct request *request, const uint8_t *payload, size_t size) {
  struct draft *draft = &session->draft;
  if (draft->channel == 0) return request_read(request, payload, size);
  bool read = draft_add(draft, draft->channel, payload, size) && request_read(request, draft->bytes, draft->size);
  int why = errno;
  draft_drop(draft);
  errno = why;
  return read;
}

static void begin(struct session *session, struct frame_head head, const uint8_t *payload, size_t size) {
  struct request request;
  bool another = session->draft.channel != 0 && session->draft.channel != head.channel;
  if (another || !may_begin(session, head.channel)) {
    session_break(session);
    return;
  }
  if (!read_fields(session, &request, payload, size)) {
    if (errno == EPROTO) session_break(session);
    else refuse(session, head.channel, errno);
    return;
  }
  struct channel *channel = channel_new(session, head.channel);
  if (channel == NULL) {
    int why = errno;
    request_free(&request);
    refuse(session, head.channel, why);
    return;
  }
  channel->request = request;
  if (head.type == FRAME_SPAWN) spawn_start(channel);
  else if (head.type == FRAME_OPEN) file_open(channel);
  else if (head.type == FRAME_CONNECT) socket_connect(channel);
  else socket_listen(channel);
}

static void close_channel(struct channel *channel) {
  channel_bury(channel, true);
  channel_send(channel, FRAME_CLOSE, 0, NULL);
}

static void act(struct channel *channel, struct frame_head head, const uint8_t *payload, size_t size) {
  static const size_t sizes[] = {[FRAME_WINDOW] = 4, [FRAME_SIGNAL] = 5, [FRAME_RESIZE] = 4, [FRAME_CLOSE] = 0};
  bool sized = head.type != FRAME_DATA && head.type != FRAME_EOF;
  bool input = head.type == FRAME_DATA || head.type == FRAME_EOF;
  bool digest = head.type == FRAME_EOF && size != 0 && size != BLAKE2B_SIZE;
  if ((sized && size != sizes[head.type]) || (input && head.stream != 0) || digest) {
    session_break(channel->session);
    return;
  }
  switch (head.type) {
    case FRAME_DATA:
      stream_take(channel, payload, size);
      return;
    case FRAME_EOF:
      stream_end(channel);
      return;
    case FRAME_WINDOW:
      stream_credit(channel, head.stream, get32(payload));
      return;
    case FRAME_SIGNAL:
      if (get32(payload) <= 64) spawn_signal(channel, (int)get32(payload), payload[4] == 1);
      return;
    case FRAME_RESIZE:
      spawn_resize(channel, (uint16_t)get16(payload), (uint16_t)get16(payload + 2));
      return;
    default:
      close_channel(channel);
  }
}

void orders_obey(struct session *session, struct frame_head head, const uint8_t *payload, size_t size) {
  struct channel *channel = channel_find(session, head.channel);
  switch (head.type) {
    case FRAME_SPAWN:
    case FRAME_OPEN:
    case FRAME_CONNECT:
    case FRAME_LISTEN:
      begin(session, head, payload, size);
      return;
    case FRAME_MORE:
      more(session, head, payload, size);
      return;
    case FRAME_DATA:
    case FRAME_EOF:
    case FRAME_WINDOW:
    case FRAME_SIGNAL:
    case FRAME_RESIZE:
    case FRAME_CLOSE:
      if (head.type == FRAME_CLOSE && session->draft.channel == head.channel) draft_drop(&session->draft);
      // Not open: it crossed the channel's end.
      if (channel != NULL) act(channel, head, payload, size);
      return;
    case FRAME_PING: {
      struct frame_head pong = {.channel = head.channel, .type = FRAME_PONG};
      if (size > 64) session_break(session);
      else session_send(session, pong, payload, size);
      return;
    }
    case FRAME_QUIT:
      if (head.channel == 0) session->quit = true;
      else session_break(session);
      return;
    default:
      session_break(session);
  }
}
