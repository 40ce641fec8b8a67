// Fields: decoding with every length checked first, and encoding.
#include "fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define HEAD 5

static bool broken(void) {
  errno = EPROTO;
  return false;
}

// Counts what comes more than once, so that each list is allocated once.
static bool count(struct request *request, const uint8_t *payload, size_t size) {
  for (size_t at = 0; at < size;) {
    if (size - at < HEAD) return broken();
    uint32_t length = get32(payload + at + 1);
    if (length > size - at - HEAD) return broken();
    if (payload[at] == TAG_ARG) request->arg_count++;
    if (payload[at] == TAG_ENV) request->env_count++;
    if (payload[at] == TAG_GROUP) request->user.group_count++;
    at += HEAD + length;
  }
  return true;
}

static bool allocate(struct request *request, size_t size) {
  // Each value loses a head of five bytes and gets a NUL, so the payload's size is room enough for all.
  request->memory[0] = malloc(size + 1);
  request->memory[1] = calloc(request->arg_count + 1, sizeof(char *));
  request->memory[2] = calloc(request->env_count + 2, sizeof(char *));  // one more for the tree's mark
  request->memory[3] = calloc(request->user.group_count + 1, sizeof(gid_t));
  request->args = request->memory[1];
  request->env = request->memory[2];
  request->user.groups = request->memory[3];
  return request->memory[0] != NULL && request->args != NULL && request->env != NULL && request->user.groups != NULL;
}

static bool is_text(enum tag tag) {
  return tag == TAG_ARG || tag == TAG_ENV || tag == TAG_CWD || tag == TAG_BUILTIN || tag == TAG_PATH || tag == TAG_HOST;
}

static void keep_text(struct request *request, enum tag tag, char *text) {
  if (tag == TAG_ARG) request->args[request->arg_count++] = text;
  if (tag == TAG_ENV) request->env[request->env_count++] = text;
  if (tag == TAG_CWD) request->cwd = text;
  if (tag == TAG_BUILTIN) request->builtin = text;
  if (tag == TAG_PATH) request->path = text;
  if (tag == TAG_HOST) request->host = text;
}

static bool keep_number(struct request *request, enum tag tag, const uint8_t *value, uint32_t length) {
  if (tag == TAG_OFFSET) {
    if (length != 8) return false;
    request->offset = get64(value);
    return request->offset <= INT64_MAX;
  }
  if (length != 4) return false;
  uint32_t number = get32(value);
  switch (tag) {
    case TAG_UID:
      request->user.uid_given = true;
      request->user.uid = number;
      return number != UINT32_MAX;
    case TAG_GID:
      request->user.gid_given = true;
      request->user.gid = number;
      return number != UINT32_MAX;
    case TAG_GROUP:
      request->user.groups[request->user.group_count++] = number;
      return true;
    case TAG_TERMINAL:
      request->terminal = true;
      request->rows = (uint16_t)(number >> 16);
      request->columns = (uint16_t)number;
      return true;
    case TAG_FLAGS:
      request->flags = number;
      return number <= 7;
    case TAG_MODE:
      request->mode = number;
      return number <= 07777;
    case TAG_HOW:
      request->how = number;
      return number <= HOW_AT;
    case TAG_PORT:
      request->port = number;
      return number <= 65535;
    default:
      return false;
  }
}

static bool keep(struct request *request, const uint8_t *payload, size_t size) {
  char *arena = request->memory[0];
  request->arg_count = request->env_count = request->user.group_count = 0;
  for (size_t at = 0; at < size;) {
    enum tag tag = payload[at];
    uint32_t length = get32(payload + at + 1);
    const uint8_t *value = payload + at + HEAD;
    at += HEAD + length;
    if (!is_text(tag)) {
      if (!keep_number(request, tag, value, length)) return broken();
      continue;
    }
    if (memchr(value, 0, length) != NULL || (tag == TAG_HOST && length > 255)) return broken();
    memcpy(arena, value, length);
    arena[length] = '\0';
    keep_text(request, tag, arena);
    arena += length + 1;
  }
  return true;
}

bool request_read(struct request *request, const uint8_t *payload, size_t size) {
  memset(request, 0, sizeof *request);
  if (!count(request, payload, size)) return false;
  if (allocate(request, size)) {
    if (keep(request, payload, size)) return true;
  } else {
    errno = ENOMEM;
  }
  int why = errno;
  request_free(request);
  errno = why;
  return false;
}

void request_free(struct request *request) {
  for (int i = 0; i < 4; i++) free(request->memory[i]);
  memset(request, 0, sizeof *request);
}

static uint8_t *reserve(struct reply *reply, enum tag tag, uint32_t length) {
  if (sizeof reply->bytes - reply->size < HEAD + length) abort();  // replies are of our making, and small
  uint8_t *at = reply->bytes + reply->size;
  at[0] = (uint8_t)tag;
  put32(at + 1, length);
  reply->size += HEAD + length;
  return at + HEAD;
}

void reply_number(struct reply *reply, enum tag tag, uint32_t value) { put32(reserve(reply, tag, 4), value); }

void reply_long(struct reply *reply, enum tag tag, uint64_t value) { put64(reserve(reply, tag, 8), value); }

void reply_text(struct reply *reply, enum tag tag, const char *text) {
  uint32_t length = (uint32_t)strnlen(text, 255);
  memcpy(reserve(reply, tag, length), text, length);
}
