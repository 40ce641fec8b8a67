// Handles: what the client holds open, in a table of fixed size. On the wire one is its place and its serial.
#include "sftp-server.h"

#include <errno.h>
#include <unistd.h>

enum { HANDLE_LENGTH = 4 + 8 };

/** Answers with a new handle that owns `directory`, or `file` where that is NULL; closes it where no handle is free. */
int sftp_give_handle(struct sftp *server, struct sftp_request *request, int file, DIR *directory) {
  for (uint32_t place = 0; place < SFTP_HANDLES; place++) {
    struct sftp_handle *handle = &server->handles[place];
    if (handle->serial != 0) continue;
    *handle = (struct sftp_handle){.serial = ++server->last_serial, .file = file, .directory = directory};
    sftp_begin(server, FXP_HANDLE);
    sftp_put_u32(server, request->id);
    sftp_put_u32(server, HANDLE_LENGTH);
    sftp_put_u32(server, place);
    sftp_put_u64(server, handle->serial);
    return sftp_finish(server);
  }
  struct sftp_handle homeless = {.serial = 1, .file = file, .directory = directory};
  sftp_close_handle(&homeless);
  errno = EMFILE;
  return sftp_failed(request);
}

/** The handle that the request names. NULL, and the request's error set, when it names none. */
struct sftp_handle *sftp_take_handle(struct sftp *server, struct sftp_request *request) {
  struct sftp_bytes bytes = sftp_take_bytes(request);
  struct sftp_request name = {.at = bytes.at, .end = bytes.at + bytes.length};
  uint32_t place = sftp_take_u32(&name);
  uint64_t serial = sftp_take_u64(&name);
  if (bytes.length == HANDLE_LENGTH && place < SFTP_HANDLES && serial != 0) {
    struct sftp_handle *handle = &server->handles[place];
    if (handle->serial == serial) return handle;
  }
  request->error = EBADF;
  return NULL;
}

/** What to call the system with, for a directory too. */
int sftp_descriptor(const struct sftp_handle *handle) {
  return handle->directory != NULL ? dirfd(handle->directory) : handle->file;
}

/** Closes a handle in any case; -1 and errno when the system had something to complain about. */
int sftp_close_handle(struct sftp_handle *handle) {
  handle->serial = 0;
  return handle->directory != NULL ? closedir(handle->directory) : close(handle->file);
}

void sftp_close_all(struct sftp *server) {
  for (size_t place = 0; place < SFTP_HANDLES; place++) {
    if (server->handles[place].serial != 0) sftp_close_handle(&server->handles[place]);
  }
}
