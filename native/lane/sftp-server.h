// What the parts of the SFTP server share: the wire's numbers, the server's state, a request while it is answered.
#ifndef NOVALET_LANE_SFTP_SERVER_H
#define NOVALET_LANE_SFTP_SERVER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
  SFTP_VERSION = 3,
  SFTP_PACKET_MAX = 256 * 1024,  // without the length in front
  SFTP_DATA_MAX = 255 * 1024,    // bytes of one READ or WRITE
  SFTP_NAMES_MAX = 32 * 1024,    // of one reply to READDIR: clients with small buffers exist
  SFTP_HANDLES = 256,
  SFTP_PATH_SIZE = PATH_MAX,
  SFTP_ACCOUNT_SIZE = 64,
  SFTP_ACCOUNTS_KEPT = 64,
};

enum sftp_type {
  FXP_INIT = 1, FXP_VERSION, FXP_OPEN, FXP_CLOSE, FXP_READ, FXP_WRITE, FXP_LSTAT, FXP_FSTAT, FXP_SETSTAT,
  FXP_FSETSTAT, FXP_OPENDIR, FXP_READDIR, FXP_REMOVE, FXP_MKDIR, FXP_RMDIR, FXP_REALPATH, FXP_STAT,
  FXP_RENAME, FXP_READLINK, FXP_SYMLINK,
  FXP_STATUS = 101, FXP_HANDLE, FXP_DATA, FXP_NAME, FXP_ATTRS,
  FXP_EXTENDED = 200, FXP_EXTENDED_REPLY = 201,
};

/** What a handler returns: a status that is yet to be sent (0 and up), or one of the last two. */
enum sftp_outcome {
  FX_OK = 0, FX_EOF, FX_NO_SUCH_FILE, FX_PERMISSION_DENIED, FX_FAILURE, FX_BAD_MESSAGE,
  FX_OP_UNSUPPORTED = 8,
  SFTP_ANSWERED = -1,  // the reply is in the output
  SFTP_BROKEN = -2,    // the client broke the protocol
};

enum { ATTR_SIZE = 1, ATTR_OWNER = 2, ATTR_MODE = 4, ATTR_TIMES = 8 };
#define ATTR_EXTENDED UINT32_C(0x80000000)

struct sftp_attributes {
  uint32_t flags;
  uint64_t size;
  uint32_t uid, gid, mode, atime, mtime;
};

/** Bytes from `start` to `end`, of one packet that fits and one that has begun. */
struct sftp_buffer {
  size_t start, end;
  uint8_t bytes[2 * (4 + SFTP_PACKET_MAX)];
};

/** Open while `serial` is not 0. Serials are never given twice, so a closed handle names nothing for ever. */
struct sftp_handle {
  uint64_t serial;
  int file;
  DIR *directory;  // NULL for a file
};

struct sftp_account {
  bool filled;
  uint32_t id;
  char name[SFTP_ACCOUNT_SIZE];
};

struct sftp {
  bool read_only, greeted;
  bool overflow;        // the reply in the making did not fit
  size_t reply;         // where it begins
  uint64_t last_serial;
  struct sftp_handle handles[SFTP_HANDLES];
  struct sftp_account users[SFTP_ACCOUNTS_KEPT], groups[SFTP_ACCOUNTS_KEPT];
  struct sftp_buffer in, out;
};

/** What is left of a packet. Taking more than there is gives zeros and marks it broken. */
struct sftp_request {
  const uint8_t *at, *end;
  uint32_t id;
  bool broken;
  int error;            // the errno behind a status, for its message
};

struct sftp_bytes {
  const uint8_t *at;
  size_t length;
};

typedef int sftp_handler(struct sftp *server, struct sftp_request *request);

// sftp-packet.c: the request's fields, and the reply's
uint8_t sftp_take_byte(struct sftp_request *request);
uint32_t sftp_take_u32(struct sftp_request *request);
uint64_t sftp_take_u64(struct sftp_request *request);
struct sftp_bytes sftp_take_bytes(struct sftp_request *request);
void sftp_take_path(struct sftp_request *request, char path[SFTP_PATH_SIZE]);
int sftp_taken(const struct sftp_request *request);
void sftp_begin(struct sftp *server, enum sftp_type type);
void sftp_put_byte(struct sftp *server, uint8_t value);
void sftp_put_u32(struct sftp *server, uint32_t value);
void sftp_put_u64(struct sftp *server, uint64_t value);
void sftp_put_bytes(struct sftp *server, const void *bytes, size_t length);
void sftp_put_text(struct sftp *server, const char *text);
uint8_t *sftp_put_room(struct sftp *server, size_t length);
size_t sftp_put_hole(struct sftp *server);
void sftp_fill_hole(struct sftp *server, size_t at, uint32_t value);
size_t sftp_reply_size(const struct sftp *server);
int sftp_finish(struct sftp *server);
void sftp_abandon(struct sftp *server);

// sftp-stream.c: standard input and output
bool sftp_flush(struct sftp *server);
long sftp_fill(struct sftp *server);

// sftp-status.c
int sftp_failed(struct sftp_request *request);
void sftp_put_status(struct sftp *server, const struct sftp_request *request, int status);

// sftp-handles.c
int sftp_give_handle(struct sftp *server, struct sftp_request *request, int file, DIR *directory);
struct sftp_handle *sftp_take_handle(struct sftp *server, struct sftp_request *request);
int sftp_descriptor(const struct sftp_handle *handle);
int sftp_close_handle(struct sftp_handle *handle);
void sftp_close_all(struct sftp *server);

// sftp-attributes.c
struct sftp_attributes sftp_take_attributes(struct sftp_request *request);
void sftp_put_attributes(struct sftp *server, const struct stat *found);

// sftp-listing.c
void sftp_long_name(struct sftp *server, const char *name, const struct stat *found, char *line, size_t size);

// sftp-accounts.c: /etc/passwd and /etc/group, read here, for a static program has no NSS
const char *sftp_user_name(struct sftp *server, uint32_t uid);
const char *sftp_group_name(struct sftp *server, uint32_t gid);
bool sftp_home_of(const char *user, char path[SFTP_PATH_SIZE]);

// sftp-paths.c
bool sftp_resolve(const char *path, char resolved[SFTP_PATH_SIZE]);
bool sftp_expand(const char *path, char expanded[SFTP_PATH_SIZE]);
int sftp_put_path(struct sftp *server, const struct sftp_request *request, const char *path);

// The requests: sftp-files.c, sftp-attributes.c, sftp-directories.c, sftp-names.c, sftp-extensions.c
sftp_handler sftp_open, sftp_close, sftp_read, sftp_write;
sftp_handler sftp_stat, sftp_lstat, sftp_fstat, sftp_setstat, sftp_fsetstat, sftp_lsetstat;
sftp_handler sftp_opendir, sftp_readdir, sftp_mkdir, sftp_rmdir;
sftp_handler sftp_remove, sftp_rename, sftp_realpath, sftp_readlink, sftp_symlink;
sftp_handler sftp_posix_rename, sftp_hardlink;
sftp_handler sftp_extended;
void sftp_put_extensions(struct sftp *server);

#endif
