// Files: open, close, read, write.
#include "sftp-server.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { OPEN_READ = 1, OPEN_WRITE = 2, OPEN_APPEND = 4, OPEN_CREATE = 8, OPEN_TRUNCATE = 16, OPEN_NEW = 32 };

static int open_flags(uint32_t wanted) {
  int flags = O_RDONLY;
  if (wanted & OPEN_WRITE) flags = wanted & OPEN_READ ? O_RDWR : O_WRONLY;
  if (wanted & OPEN_APPEND) flags |= O_APPEND;
  if (wanted & OPEN_CREATE) flags |= O_CREAT;
  if (wanted & OPEN_TRUNCATE) flags |= O_TRUNC;
  if (wanted & OPEN_NEW) flags |= O_EXCL;
  // A FIFO that nobody holds must not stop the server, nor a terminal become its own.
  return flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
}

int sftp_open(struct sftp *server, struct sftp_request *request) {
  char path[SFTP_PATH_SIZE];
  sftp_take_path(request, path);
  uint32_t wanted = sftp_take_u32(request);
  struct sftp_attributes attributes = sftp_take_attributes(request);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  if (server->read_only && (wanted & ~(uint32_t)OPEN_READ) != 0) return FX_PERMISSION_DENIED;
  mode_t mode = attributes.flags & ATTR_MODE ? attributes.mode & 07777 : 0666;
  int file = open(path, open_flags(wanted), mode);
  if (file < 0) return sftp_failed(request);
  return sftp_give_handle(server, request, file, NULL);
}

int sftp_close(struct sftp *server, struct sftp_request *request) {
  struct sftp_handle *handle = sftp_take_handle(server, request);
  int bad = sftp_taken(request);
  if (bad != FX_OK || handle == NULL) return bad;
  return sftp_close_handle(handle) == 0 ? FX_OK : sftp_failed(request);
}

/** The file of a handle, or -1 where the handle is a directory's or none. */
static int take_file(struct sftp *server, struct sftp_request *request) {
  const struct sftp_handle *handle = sftp_take_handle(server, request);
  if (handle == NULL) return -1;
  if (handle->directory == NULL) return handle->file;
  request->error = EISDIR;
  return -1;
}

int sftp_read(struct sftp *server, struct sftp_request *request) {
  int file = take_file(server, request);
  uint64_t offset = sftp_take_u64(request);
  uint32_t length = sftp_take_u32(request);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  if (offset > INT64_MAX) return FX_EOF;  // nothing lies there
  if (length > SFTP_DATA_MAX) length = SFTP_DATA_MAX;
  sftp_begin(server, FXP_DATA);
  sftp_put_u32(server, request->id);
  size_t hole = sftp_put_hole(server);
  uint8_t *room = sftp_put_room(server, length);
  if (room == NULL) return sftp_finish(server);
  ssize_t got;
  do {
    got = pread(file, room, length, (off_t)offset);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    sftp_abandon(server);
    return got == 0 ? FX_EOF : sftp_failed(request);
  }
  sftp_fill_hole(server, hole, (uint32_t)got);
  server->out.end -= length - (size_t)got;
  return sftp_finish(server);
}

int sftp_write(struct sftp *server, struct sftp_request *request) {
  int file = take_file(server, request);
  uint64_t offset = sftp_take_u64(request);
  struct sftp_bytes data = sftp_take_bytes(request);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  if (offset > (uint64_t)INT64_MAX - data.length) {
    errno = EFBIG;
    return sftp_failed(request);
  }
  while (data.length > 0) {
    ssize_t written = pwrite(file, data.at, data.length, (off_t)offset);
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = EIO;
    if (written <= 0) return sftp_failed(request);
    data.at += written;
    data.length -= (size_t)written;
    offset += (uint64_t)written;
  }
  return FX_OK;
}
