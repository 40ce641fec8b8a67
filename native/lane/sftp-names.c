// Names: remove, rename, links, and what a path is when it is resolved.
#include "sftp-server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NO_REPLACE = 1 };  // RENAME_NOREPLACE, which musl's headers lack

int sftp_remove(struct sftp *server, struct sftp_request *request) {
  (void)server;
  char path[SFTP_PATH_SIZE];
  sftp_take_path(request, path);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  return unlink(path) == 0 ? FX_OK : sftp_failed(request);
}

/** rename(2), but never onto something that exists. Filesystems that cannot say so at once are asked in two steps. */
static int rename_new(const char *from, const char *to) {
  struct stat found;
  if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, NO_REPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  if (lstat(from, &found) != 0) return -1;
  if (S_ISREG(found.st_mode)) {
    if (link(from, to) == 0) {
      if (unlink(from) == 0) return 0;
      int error = errno;
      unlink(to);
      errno = error;
      return -1;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) return -1;  // else it knows no hard links
  }
  if (lstat(to, &found) == 0) {
    errno = EEXIST;
    return -1;
  }
  return errno == ENOENT ? rename(from, to) : -1;
}

/** Takes two paths and gives them to one of the calls that take two. */
static int with_paths(struct sftp_request *request, int (*call)(const char *, const char *)) {
  char first[SFTP_PATH_SIZE], second[SFTP_PATH_SIZE];
  sftp_take_path(request, first);
  sftp_take_path(request, second);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  return call(first, second) == 0 ? FX_OK : sftp_failed(request);
}

int sftp_rename(struct sftp *server, struct sftp_request *request) {
  (void)server;
  return with_paths(request, rename_new);
}

int sftp_posix_rename(struct sftp *server, struct sftp_request *request) {
  (void)server;
  return with_paths(request, rename);
}

int sftp_hardlink(struct sftp *server, struct sftp_request *request) {
  (void)server;
  return with_paths(request, link);
}

/** The target first and the link second: the draft has it the other way round, and all the world has it so. */
int sftp_symlink(struct sftp *server, struct sftp_request *request) {
  (void)server;
  return with_paths(request, symlink);
}

int sftp_readlink(struct sftp *server, struct sftp_request *request) {
  char path[SFTP_PATH_SIZE], target[SFTP_PATH_SIZE];
  sftp_take_path(request, path);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  ssize_t length = readlink(path, target, sizeof target - 1);
  if (length < 0) return sftp_failed(request);
  target[length] = '\0';
  return sftp_put_path(server, request, target);
}

int sftp_realpath(struct sftp *server, struct sftp_request *request) {
  char path[SFTP_PATH_SIZE], resolved[SFTP_PATH_SIZE];
  sftp_take_path(request, path);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  return sftp_resolve(path, resolved) ? sftp_put_path(server, request, resolved) : sftp_failed(request);
}
