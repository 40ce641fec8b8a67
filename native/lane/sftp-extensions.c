// Extensions: OpenSSH's (its PROTOCOL file), and home-directory of draft-ietf-secsh-filexfer-extensions-00.
#include "sftp-server.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int put_file_system(struct sftp *server, const struct sftp_request *request, const struct statvfs *found) {
  enum { READ_ONLY = 1, NO_SETUID = 2 };
  uint64_t flags = (found->f_flag & ST_RDONLY ? READ_ONLY : 0) | (found->f_flag & ST_NOSUID ? NO_SETUID : 0);
  sftp_begin(server, FXP_EXTENDED_REPLY);
  sftp_put_u32(server, request->id);
  sftp_put_u64(server, found->f_bsize);
  sftp_put_u64(server, found->f_frsize);
  sftp_put_u64(server, found->f_blocks);
  sftp_put_u64(server, found->f_bfree);
  sftp_put_u64(server, found->f_bavail);
  sftp_put_u64(server, found->f_files);
  sftp_put_u64(server, found->f_ffree);
  sftp_put_u64(server, found->f_favail);
  sftp_put_u64(server, found->f_fsid);
  sftp_put_u64(server, flags);
  sftp_put_u64(server, found->f_namemax);
  return sftp_finish(server);
}

static int file_system(struct sftp *server, struct sftp_request *request) {
  char path[SFTP_PATH_SIZE];
  struct statvfs found;
  sftp_take_path(request, path);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  return statvfs(path, &found) == 0 ? put_file_system(server, request, &found) : sftp_failed(request);
}

static int file_system_of_handle(struct sftp *server, struct sftp_request *request) {
  const struct sftp_handle *handle = sftp_take_handle(server, request);
  struct statvfs found;
  int bad = sftp_taken(request);
  if (bad != FX_OK || handle == NULL) return bad;
  bool got = fstatvfs(sftp_descriptor(handle), &found) == 0;
  return got ? put_file_system(server, request, &found) : sftp_failed(request);
}

static int sync_file(struct sftp *server, struct sftp_request *request) {
  const struct sftp_handle *handle = sftp_take_handle(server, request);
  int bad = sftp_taken(request);
  if (bad != FX_OK || handle == NULL) return bad;
  return fsync(sftp_descriptor(handle)) == 0 ? FX_OK : sftp_failed(request);
}

static int limits(struct sftp *server, struct sftp_request *request) {
  sftp_begin(server, FXP_EXTENDED_REPLY);
  sftp_put_u32(server, request->id);
  sftp_put_u64(server, SFTP_PACKET_MAX);
  sftp_put_u64(server, SFTP_DATA_MAX);
  sftp_put_u64(server, SFTP_DATA_MAX);
  sftp_put_u64(server, SFTP_HANDLES);
  return sftp_finish(server);
}

static int expand_path(struct sftp *server, struct sftp_request *request) {
  char path[SFTP_PATH_SIZE], expanded[SFTP_PATH_SIZE], resolved[SFTP_PATH_SIZE];
  sftp_take_path(request, path);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  if (!sftp_expand(path, expanded) || !sftp_resolve(expanded, resolved)) return sftp_failed(request);
  return sftp_put_path(server, request, resolved);
}

static int home_directory(struct sftp *server, struct sftp_request *request) {
  char user[SFTP_PATH_SIZE], home[SFTP_PATH_SIZE];
  sftp_take_path(request, user);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  return sftp_home_of(user, home) ? sftp_put_path(server, request, home) : FX_NO_SUCH_FILE;
}

/** A string of names for a string of numbers, in the same order; an empty name where there is none. */
static bool put_names(struct sftp *server, struct sftp_bytes ids, const char *(*name)(struct sftp *, uint32_t)) {
  struct sftp_request list = {.at = ids.at, .end = ids.at + ids.length};
  size_t hole = sftp_put_hole(server);
  size_t before = sftp_reply_size(server);
  while (list.at < list.end && !server->overflow) {
    uint32_t id = sftp_take_u32(&list);
    if (list.broken) return false;
    sftp_put_text(server, name(server, id));
  }
  sftp_fill_hole(server, hole, (uint32_t)(sftp_reply_size(server) - before));
  return true;
}

static int names_by_id(struct sftp *server, struct sftp_request *request) {
  struct sftp_bytes users = sftp_take_bytes(request);
  struct sftp_bytes groups = sftp_take_bytes(request);
  int bad = sftp_taken(request);
  if (bad != FX_OK) return bad;
  sftp_begin(server, FXP_EXTENDED_REPLY);
  sftp_put_u32(server, request->id);
  if (put_names(server, users, sftp_user_name) && put_names(server, groups, sftp_group_name)) {
    return sftp_finish(server);
  }
  sftp_abandon(server);
  return SFTP_BROKEN;
}

static const struct {
  const char *name, *version;
  sftp_handler *handler;
  bool writes;
} EXTENSIONS[] = {
    {"posix-rename@openssh.com", "1", sftp_posix_rename, true},
    {"statvfs@openssh.com", "2", file_system, false},
    {"fstatvfs@openssh.com", "2", file_system_of_handle, false},
    {"hardlink@openssh.com", "1", sftp_hardlink, true},
    {"fsync@openssh.com", "1", sync_file, true},
    {"lsetstat@openssh.com", "1", sftp_lsetstat, true},
    {"limits@openssh.com", "1", limits, false},
    {"expand-path@openssh.com", "1", expand_path, false},
    {"users-groups-by-id@openssh.com", "1", names_by_id, false},
    {"home-directory", "1", home_directory, false},
};
enum { EXTENSIONS_COUNT = sizeof EXTENSIONS / sizeof *EXTENSIONS };

/** What the greeting tells of them. */
void sftp_put_extensions(struct sftp *server) {
  for (size_t i = 0; i < EXTENSIONS_COUNT; i++) {
    sftp_put_text(server, EXTENSIONS[i].name);
    sftp_put_text(server, EXTENSIONS[i].version);
  }
}

int sftp_extended(struct sftp *server, struct sftp_request *request) {
  struct sftp_bytes name = sftp_take_bytes(request);
  if (request->broken) return SFTP_BROKEN;
  for (size_t i = 0; i < EXTENSIONS_COUNT; i++) {
    if (strlen(EXTENSIONS[i].name) != name.length || memcmp(EXTENSIONS[i].name, name.at, name.length) != 0) continue;
    bool refused = EXTENSIONS[i].writes && server->read_only;
    return refused ? FX_PERMISSION_DENIED : EXTENSIONS[i].handler(server, request);
  }
  return FX_OP_UNSUPPORTED;
}
