// Directories: open, read, make, remove.
#include "sftp-server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 512, ENTRY_MAX = 4 + NAME_MAX + 4 + LINE_SIZE + 32 };

int sftp_opendir(struct sftp *server, struct sftp_request *request) {
  char path[SFTP_PATH_SIZE];
  sftp_take_path(request, path);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  DIR *directory = opendir(path);
  if (directory == NULL) return sftp_failed(request);
  return sftp_give_handle(server, request, -1, directory);
}

/** One entry. One that has gone meanwhile is left out; one that may not be looked at is told by its name alone. */
static bool put_entry(struct sftp *server, DIR *directory, const char *name) {
  struct stat found;
  char line[LINE_SIZE];
  bool known = fstatat(dirfd(directory), name, &found, AT_SYMLINK_NOFOLLOW) == 0;
  if (!known && errno == ENOENT) return false;
  sftp_long_name(server, name, known ? &found : NULL, line, sizeof line);
  sftp_put_text(server, name);
  sftp_put_text(server, line);
  sftp_put_attributes(server, known ? &found : NULL);
  return true;
}

int sftp_readdir(struct sftp *server, struct sftp_request *request) {
  const struct sftp_handle *handle = sftp_take_handle(server, request);
  if (handle != NULL && handle->directory == NULL) request->error = ENOTDIR;
  int bad = sftp_taken(request);
  if (bad != FX_OK || handle == NULL) return bad;
  uint32_t count = 0;
  sftp_begin(server, FXP_NAME);
  sftp_put_u32(server, request->id);
  size_t hole = sftp_put_hole(server);
  while (sftp_reply_size(server) + ENTRY_MAX <= SFTP_NAMES_MAX) {
    errno = 0;
    const struct dirent *entry = readdir(handle->directory);
    if (entry == NULL) break;
    if (put_entry(server, handle->directory, entry->d_name)) count++;
    errno = 0;
  }
  if (count == 0) {
    sftp_abandon(server);
    return errno == 0 ? FX_EOF : sftp_failed(request);
  }
  sftp_fill_hole(server, hole, count);
  return sftp_finish(server);
}

int sftp_mkdir(struct sftp *server, struct sftp_request *request) {
  (void)server;
  char path[SFTP_PATH_SIZE];
  sftp_take_path(request, path);
  struct sftp_attributes attributes = sftp_take_attributes(request);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  mode_t mode = attributes.flags & ATTR_MODE ? attributes.mode & 07777 : 0777;
  return mkdir(path, mode) == 0 ? FX_OK : sftp_failed(request);
}

int sftp_rmdir(struct sftp *server, struct sftp_request *request) {
  (void)server;
  char path[SFTP_PATH_SIZE];
  sftp_take_path(request, path);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  return rmdir(path) == 0 ? FX_OK : sftp_failed(request);
}
