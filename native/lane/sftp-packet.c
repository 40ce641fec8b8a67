// The fields of requests and replies: big-endian integers, and strings with their length in front.
#include "sftp-server.h"

#include <errno.h>
#include <string.h>

static size_t left(const struct sftp_request *request) {
  return (size_t)(request->end - request->at);
}

static uint64_t take(struct sftp_request *request, size_t bytes) {
  if (left(request) < bytes) {
    request->broken = true;
    request->at = request->end;
    return 0;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; i++) value = value << 8 | *request->at++;
  return value;
}

uint8_t sftp_take_byte(struct sftp_request *request) {
  return (uint8_t)take(request, 1);
}

uint32_t sftp_take_u32(struct sftp_request *request) {
  return (uint32_t)take(request, 4);
}

uint64_t sftp_take_u64(struct sftp_request *request) {
  return take(request, 8);
}

/** A string, where it lies: good as long as the request. */
struct sftp_bytes sftp_take_bytes(struct sftp_request *request) {
  uint32_t length = sftp_take_u32(request);
  if (length > left(request)) {
    request->broken = true;
    length = 0;
  }
  struct sftp_bytes bytes = {request->at, length};
  request->at += length;
  return bytes;
}

/** A path for the system. One with a NUL breaks the protocol; one that no system call would take becomes an error. */
void sftp_take_path(struct sftp_request *request, char path[SFTP_PATH_SIZE]) {
  struct sftp_bytes bytes = sftp_take_bytes(request);
  path[0] = '\0';
  if (memchr(bytes.at, '\0', bytes.length) != NULL) {
    request->broken = true;
  } else if (bytes.length >= SFTP_PATH_SIZE) {
    request->error = ENAMETOOLONG;
  } else {
    memcpy(path, bytes.at, bytes.length);
    path[bytes.length] = '\0';
  }
}

/** After the fields have been taken: FX_OK, or what the handler must return. */
int sftp_taken(const struct sftp_request *request) {
  if (request->broken) return SFTP_BROKEN;
  return request->error == 0 ? FX_OK : FX_FAILURE;
}

/** Begins a reply behind those that wait. There is room for SFTP_PACKET_MAX bytes: the loop has seen to it. */
void sftp_begin(struct sftp *server, enum sftp_type type) {
  server->reply = server->out.end;
  server->overflow = false;
  sftp_put_u32(server, 0);  // the length, known at the end
  sftp_put_byte(server, (uint8_t)type);
}

/** Room for `length` bytes of the reply, or NULL when it would become larger than a packet may be. */
uint8_t *sftp_put_room(struct sftp *server, size_t length) {
  struct sftp_buffer *out = &server->out;
  if (server->overflow || length > server->reply + 4 + SFTP_PACKET_MAX - out->end) {
    server->overflow = true;
    return NULL;
  }
  out->end += length;
  return out->bytes + out->end - length;
}

static void write_integer(uint8_t *at, uint64_t value, size_t bytes) {
  for (size_t i = bytes; i > 0; i--, value >>= 8) at[i - 1] = (uint8_t)value;
}

static void put(struct sftp *server, uint64_t value, size_t bytes) {
  uint8_t *at = sftp_put_room(server, bytes);
  if (at != NULL) write_integer(at, value, bytes);
}

void sftp_put_byte(struct sftp *server, uint8_t value) {
  put(server, value, 1);
}

void sftp_put_u32(struct sftp *server, uint32_t value) {
  put(server, value, 4);
}

void sftp_put_u64(struct sftp *server, uint64_t value) {
  put(server, value, 8);
}

void sftp_put_bytes(struct sftp *server, const void *bytes, size_t length) {
  sftp_put_u32(server, (uint32_t)length);
  uint8_t *at = sftp_put_room(server, length);
  if (at != NULL) memcpy(at, bytes, length);
}

void sftp_put_text(struct sftp *server, const char *text) {
  sftp_put_bytes(server, text, strlen(text));
}

/** An integer that is known later. Gives where it lies. */
size_t sftp_put_hole(struct sftp *server) {
  sftp_put_u32(server, 0);
  return server->out.end - 4;
}

void sftp_fill_hole(struct sftp *server, size_t at, uint32_t value) {
  if (!server->overflow) write_integer(server->out.bytes + at, value, 4);
}

size_t sftp_reply_size(const struct sftp *server) {
  return server->out.end - server->reply;
}

/** Ends a reply. One that did not fit is taken back and becomes a failure. */
int sftp_finish(struct sftp *server) {
  if (server->overflow) {
    sftp_abandon(server);
    return FX_FAILURE;
  }
  write_integer(server->out.bytes + server->reply, sftp_reply_size(server) - 4, 4);
  return SFTP_ANSWERED;
}

/** Takes the reply in the making back. */
void sftp_abandon(struct sftp *server) {
  server->out.end = server->reply;
  server->overflow = false;
}
