// Attributes: size, owner, permissions and times, as version 3 has them, and the requests that read and set them.
#include "sftp-server.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct sftp_attributes sftp_take_attributes(struct sftp_request *request) {
  struct sftp_attributes taken = {.flags = sftp_take_u32(request)};
  if (taken.flags & ATTR_SIZE) taken.size = sftp_take_u64(request);
  if (taken.flags & ATTR_OWNER) {
    taken.uid = sftp_take_u32(request);
    taken.gid = sftp_take_u32(request);
  }
  if (taken.flags & ATTR_MODE) taken.mode = sftp_take_u32(request);
  if (taken.flags & ATTR_TIMES) {
    taken.atime = sftp_take_u32(request);
    taken.mtime = sftp_take_u32(request);
  }
  if (taken.flags & ATTR_EXTENDED) {
    uint32_t pairs = sftp_take_u32(request);
    for (; pairs > 0 && !request->broken; pairs--) {
      sftp_take_bytes(request);
      sftp_take_bytes(request);
    }
  }
  return taken;
}

/** The wire has 32 bits for a time, and none for a sign. */
static uint32_t wire_time(time_t time) {
  if (time < 0) return 0;
  return (uint64_t)time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
}

/** All attributes of `found`, or none where that is NULL. */
void sftp_put_attributes(struct sftp *server, const struct stat *found) {
  if (found == NULL) {
    sftp_put_u32(server, 0);
    return;
  }
  sftp_put_u32(server, ATTR_SIZE | ATTR_OWNER | ATTR_MODE | ATTR_TIMES);
  sftp_put_u64(server, (uint64_t)found->st_size);
  sftp_put_u32(server, found->st_uid);
  sftp_put_u32(server, found->st_gid);
  sftp_put_u32(server, found->st_mode);
  sftp_put_u32(server, wire_time(found->st_atime));
  sftp_put_u32(server, wire_time(found->st_mtime));
}

static int set_size(int file, const char *path, uint64_t size) {
  if (size > INT64_MAX) {
    errno = EFBIG;
    return -1;
  }
  return path != NULL ? truncate(path, (off_t)size) : ftruncate(file, (off_t)size);
}

/**
 * Sets what `wanted` holds on `path`, or on `file` where that is NULL, and stops at the first failure (-1, errno).
 * Size and owner come first: both take set-user-ID bits away and the size sets the time. A link's size is not settable.
 */
static int apply(int file, const char *path, bool follow, const struct sftp_attributes *wanted) {
  int nofollow = follow ? 0 : AT_SYMLINK_NOFOLLOW;
  if (wanted->flags & ATTR_SIZE) {
    if (!follow) errno = EINVAL;
    if (!follow || set_size(file, path, wanted->size) != 0) return -1;
  }
  if (wanted->flags & ATTR_OWNER) {
    int failed = path != NULL ? fchownat(AT_FDCWD, path, wanted->uid, wanted->gid, nofollow)
                              : fchown(file, wanted->uid, wanted->gid);
    if (failed) return -1;
  }
  if (wanted->flags & ATTR_MODE) {
    mode_t mode = wanted->mode & 07777;
    if (path != NULL ? fchmodat(AT_FDCWD, path, mode, nofollow) : fchmod(file, mode)) return -1;
  }
  if (wanted->flags & ATTR_TIMES) {
    const struct timespec times[2] = {{.tv_sec = wanted->atime}, {.tv_sec = wanted->mtime}};
    if (path != NULL ? utimensat(AT_FDCWD, path, times, nofollow) : futimens(file, times)) return -1;
  }
  return 0;
}

static int answer_attributes(struct sftp *server, const struct sftp_request *request, const struct stat *found) {
  sftp_begin(server, FXP_ATTRS);
  sftp_put_u32(server, request->id);
  sftp_put_attributes(server, found);
  return sftp_finish(server);
}

static int stat_path(struct sftp *server, struct sftp_request *request, int flags) {
  char path[SFTP_PATH_SIZE];
  struct stat found;
  sftp_take_path(request, path);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  if (fstatat(AT_FDCWD, path, &found, flags) != 0) return sftp_failed(request);
  return answer_attributes(server, request, &found);
}

int sftp_stat(struct sftp *server, struct sftp_request *request) {
  return stat_path(server, request, 0);
}

int sftp_lstat(struct sftp *server, struct sftp_request *request) {
  return stat_path(server, request, AT_SYMLINK_NOFOLLOW);
}

int sftp_fstat(struct sftp *server, struct sftp_request *request) {
  const struct sftp_handle *handle = sftp_take_handle(server, request);
  struct stat found;
  int bad = sftp_taken(request);
  if (bad != FX_OK || handle == NULL) return bad;
  if (fstat(sftp_descriptor(handle), &found) != 0) return sftp_failed(request);
  return answer_attributes(server, request, &found);
}

static int set_path(struct sftp_request *request, bool follow) {
  char path[SFTP_PATH_SIZE];
  sftp_take_path(request, path);
  struct sftp_attributes wanted = sftp_take_attributes(request);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  return apply(-1, path, follow, &wanted) == 0 ? FX_OK : sftp_failed(request);
}

int sftp_setstat(struct sftp *server, struct sftp_request *request) {
  (void)server;
  return set_path(request, true);
}

int sftp_lsetstat(struct sftp *server, struct sftp_request *request) {
  (void)server;
  return set_path(request, false);
}

int sftp_fsetstat(struct sftp *server, struct sftp_request *request) {
  const struct sftp_handle *handle = sftp_take_handle(server, request);
  struct sftp_attributes wanted = sftp_take_attributes(request);
  int bad = sftp_taken(request);
  if (bad != FX_OK || handle == NULL) return bad;
  return apply(sftp_descriptor(handle), NULL, true, &wanted) == 0 ? FX_OK : sftp_failed(request);
}
