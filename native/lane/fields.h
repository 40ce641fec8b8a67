// Payloads called fields: tag, length, value. Decodes requests and encodes replies; knows no channel.
#ifndef LANE_FIELDS_H
#define LANE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum tag {
  TAG_ARG = 1, TAG_ENV, TAG_CWD, TAG_UID, TAG_GID, TAG_GROUP, TAG_TERMINAL, TAG_FLAGS, TAG_BUILTIN, TAG_PATH, TAG_MODE,
  TAG_HOW, TAG_OFFSET, TAG_HOST, TAG_PORT, TAG_PID, TAG_SIZE, TAG_ERRNO, TAG_WHERE, TAG_CHANNEL
};

enum { FLAG_STDIN = 1, FLAG_DIGEST_OUT = 2, FLAG_DIGEST_IN = 4 };
enum { HOW_READ, HOW_NEW, HOW_TRUNCATE, HOW_AT };

// Whom something is done as.
struct user {
  bool uid_given, gid_given;  // neither: as the server itself; one alone is refused
  uint32_t uid, gid;
  gid_t *groups;
  size_t group_count;
};

struct request {
  char **args, **env;  // NULL at the end
  size_t arg_count, env_count;
  const char *cwd, *builtin, *path, *host;  // NULL: not given
  struct user user;
  bool terminal;
  uint16_t rows, columns;
  uint32_t flags, mode, how, port;
  uint64_t offset;
  void *memory[4];  // what all of the above points into
};

/** False with errno EPROTO where the payload breaks the rules, ENOMEM where there is no room. */
bool request_read(struct request *request, const uint8_t *payload, size_t size);
void request_free(struct request *request);

// A reply in the making; never longer than its room.
struct reply {
  uint8_t bytes[512];
  size_t size;
};

void reply_number(struct reply *reply, enum tag tag, uint32_t value);
void reply_long(struct reply *reply, enum tag tag, uint64_t value);
void reply_text(struct reply *reply, enum tag tag, const char *text);

#endif
