// OPEN, and the fsync at the end. What blocks or is done as another user is an errand.
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errand.h"
#include "stream.h"

#define SECONDS_TO_OPEN 15

static int flags_of(uint32_t how) {
  switch (how) {
    case HOW_NEW:
      return O_WRONLY | O_CREAT | O_EXCL;
    case HOW_TRUNCATE:
      return O_WRONLY | O_CREAT | O_TRUNC;
    case HOW_AT:
      return O_WRONLY | O_CREAT;
    default:
      return O_RDONLY;
  }
}

static int refusal(mode_t mode) { return S_ISDIR(mode) ? EISDIR : S_ISREG(mode) ? 0 : EINVAL; }

static int prepare(const struct request *request, int file, uint64_t *size) {
  struct stat found;
  if (fstat(file, &found) < 0) return errno;
  if (refusal(found.st_mode) != 0) return refusal(found.st_mode);
  *size = (uint64_t)found.st_size;
  if (request->how == HOW_AT && ftruncate(file, (off_t)request->offset) < 0) return errno;
  if (request->how == HOW_READ || request->how == HOW_AT) {
    if (lseek(file, (off_t)request->offset, SEEK_SET) < 0) return errno;
  }
  return 0;
}

static void open_it(const void *subject, struct errand_result *result) {
  const struct request *request = subject;
  struct stat found;
  strcpy(result->where, "open");
  // Opening a device can do something, and a FIFO waits: they are refused before. The look afterwards is the one that counts.
  if (request->how != HOW_NEW && stat(request->path, &found) == 0 && refusal(found.st_mode) != 0) {
    result->error = refusal(found.st_mode);
    return;
  }
  int flags = flags_of(request->how) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  mode_t mask = umask(0);
  int file = open(request->path, flags, (mode_t)request->mode);
  result->error = file < 0 ? errno : 0;
  umask(mask);
  if (file < 0) return;
  result->error = prepare(request, file, &result->value);
  if (result->error == 0) result->descriptor = file;
  else close(file);
}

static void opened(struct channel *channel, const struct errand_result *result) {
  if (result->error != 0) {
    channel_fault(channel, result->error, result->where[0] == '\0' ? "open" : result->where);
    return;
  }
  const struct request *request = &channel->request;
  if (channel->kind == KIND_READ) {
    stream_read_from(channel, 0, result->descriptor, (request->flags & FLAG_DIGEST_OUT) != 0);
  } else {
    stream_write_to(channel, result->descriptor, (request->flags & FLAG_DIGEST_IN) != 0);
  }
  struct reply reply = {.size = 0};
  reply_long(&reply, TAG_SIZE, result->value);
  channel_opened(channel, &reply);
}

static void open_told(struct watch *watch, uint32_t events) {
  (void)events;
  struct errand_result result;
  errand_result(watch->fd, &result);
  loop_drop(watch);
  opened(watch->owner, &result);
}

static void await(struct channel *channel, int descriptor, void (*ready)(struct watch *, uint32_t), const char *where) {
  int why = errno;
  channel->news.fd = descriptor;
  channel->news.ready = ready;
  if (descriptor < 0) channel_fault(channel, why, where);
  else if (!loop_want(&channel->news, EPOLLIN)) channel_fault(channel, errno, where);
}

void file_open(struct channel *channel) {
  struct request *request = &channel->request;
  channel->kind = request->how == HOW_READ ? KIND_READ : KIND_WRITE;
  channel->in.used = channel->kind == KIND_WRITE;
  if (request->path == NULL || request->path[0] == '\0') {
    channel_fault(channel, ENOENT, "open");
    return;
  }
  if (request->user.uid_given || request->user.gid_given) {
    await(channel, errand_start(open_it, request, &request->user, SECONDS_TO_OPEN), open_told, "fork");
    return;
  }
  struct errand_result result = {.descriptor = -1};
  open_it(request, &result);
  opened(channel, &result);
}

static void sync_it(const void *subject, struct errand_result *result) {
  const struct channel *channel = subject;
  strcpy(result->where, "sync");
  if (fsync(channel->in.watch.fd) < 0) result->error = errno;
}

static void sync_told(struct watch *watch, uint32_t events) {
  (void)events;
  struct channel *channel = watch->owner;
  struct errand_result result;
  errand_result(watch->fd, &result);
  loop_drop(watch);
  if (result.error != 0) {
    channel_fault(channel, result.error, "sync");
    return;
  }
  loop_drop(&channel->in.watch);
  stream_confirm_input(channel);
  channel_settle(channel);
}

void file_sync(struct channel *channel) {
  const struct user nobody = {.uid_given = false};
  await(channel, errand_start(sync_it, channel, &nobody, 0), sync_told, "sync");
}
