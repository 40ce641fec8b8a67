// Paths made absolute: links followed, dots taken out, a tilde expanded. The last name need not exist yet.
#include "sftp-server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40 };  // as many as the kernel follows

/** Joins as printf does; false with ENAMETOOLONG when the result is too long. */
__attribute__((format(printf, 2, 3))) static bool join(char path[SFTP_PATH_SIZE], const char *format, ...) {
  va_list parts;
  va_start(parts, format);
  int length = vsnprintf(path, SFTP_PATH_SIZE, format, parts);
  va_end(parts);
  if (length >= 0 && length < SFTP_PATH_SIZE) return true;
  errno = ENAMETOOLONG;
  return false;
}

/** Takes the last name off `path`, which leaves the directory that holds it. False for `.`, `..` and a slash at the end. */
static bool split(char path[SFTP_PATH_SIZE], char name[NAME_MAX + 1]) {
  size_t end = strlen(path);
  size_t start = end;
  while (start > 0 && path[start - 1] != '/') start--;
  size_t length = end - start;
  if (length == 0 || length > NAME_MAX) return false;
  memcpy(name, path + start, length);
  name[length] = '\0';
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return false;
  if (start == 0) path[start++] = '.';
  path[start] = '\0';
  return true;
}

/** Where the link `directory`/`name` leads, into `path`. */
static bool follow(const char *directory, const char *name, char path[SFTP_PATH_SIZE]) {
  char place[SFTP_PATH_SIZE], target[SFTP_PATH_SIZE];
  if (!join(place, "%s/%s", directory, name)) return false;
  ssize_t length = readlink(place, target, sizeof target - 1);
  if (length < 0) return false;
  target[length] = '\0';
  return target[0] == '/' ? join(path, "%s", target) : join(path, "%s/%s", directory, target);
}

/**
 * The absolute path of `path` without links and dots. The last name may be one that does not exist, also where a
 * link leads to it; all before it must exist. False with errno when there is no such path.
 */
bool sftp_resolve(const char *path, char resolved[SFTP_PATH_SIZE]) {
  char here[SFTP_PATH_SIZE], directory[SFTP_PATH_SIZE], name[NAME_MAX + 1];
  if (!join(here, "%s", path[0] == '\0' ? "." : path)) return false;
  for (int links = 0; links <= LINKS_MAX; links++) {
    struct stat found;
    if (realpath(here, resolved) != NULL) return true;
    if (errno != ENOENT) return false;
    if (!split(here, name)) {
      errno = ENOENT;
      return false;
    }
    if (realpath(here, directory) == NULL) return false;
    if (!join(resolved, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, name)) return false;
    if (lstat(resolved, &found) != 0) return errno == ENOENT;
    if (!follow(directory, name, here)) return false;
  }
  errno = ELOOP;
  return false;
}

/** Puts a home in the place of `~` or `~user` at the beginning. False with errno when there is no such user. */
bool sftp_expand(const char *path, char expanded[SFTP_PATH_SIZE]) {
  if (path[0] != '~') return join(expanded, "%s", path);
  char user[SFTP_PATH_SIZE], home[SFTP_PATH_SIZE];
  size_t length = strcspn(path + 1, "/");
  if (!join(user, "%.*s", (int)length, path + 1)) return false;
  if (!sftp_home_of(user, home)) {
    errno = ENOENT;
    return false;
  }
  return join(expanded, "%s%s", home, path + 1 + length);
}

/** Answers with one name that says nothing but itself. */
int sftp_put_path(struct sftp *server, const struct sftp_request *request, const char *path) {
  sftp_begin(server, FXP_NAME);
  sftp_put_u32(server, request->id);
  sftp_put_u32(server, 1);
  sftp_put_text(server, path);
  sftp_put_text(server, path);
  sftp_put_attributes(server, NULL);
  return sftp_finish(server);
}
