// The SFTP server's loop: whole packets in, answers out in the same order.
#include "sftp-server.h"

#include "sftp.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, length) ((void)(at), (void)(length))
#define ASAN_UNPOISON_MEMORY_REGION(at, length) ((void)(at), (void)(length))
#endif

struct row {
  sftp_handler *handler;
  bool writes;  // refused at once where only reading is allowed. OPEN may be either and looks for itself
};

static const struct row REQUESTS[] = {
    [FXP_OPEN] = {sftp_open, false},         [FXP_CLOSE] = {sftp_close, false},
    [FXP_READ] = {sftp_read, false},         [FXP_WRITE] = {sftp_write, true},
    [FXP_LSTAT] = {sftp_lstat, false},       [FXP_FSTAT] = {sftp_fstat, false},
    [FXP_SETSTAT] = {sftp_setstat, true},    [FXP_FSETSTAT] = {sftp_fsetstat, true},
    [FXP_OPENDIR] = {sftp_opendir, false},   [FXP_READDIR] = {sftp_readdir, false},
    [FXP_REMOVE] = {sftp_remove, true},      [FXP_MKDIR] = {sftp_mkdir, true},
    [FXP_RMDIR] = {sftp_rmdir, true},        [FXP_REALPATH] = {sftp_realpath, false},
    [FXP_STAT] = {sftp_stat, false},         [FXP_RENAME] = {sftp_rename, true},
    [FXP_READLINK] = {sftp_readlink, false}, [FXP_SYMLINK] = {sftp_symlink, true},
    [FXP_EXTENDED] = {sftp_extended, false},
};

static int greet(struct sftp *server, struct sftp_request *request) {
  sftp_take_u32(request);  // whatever the client speaks, 3 is all there is, and it decides
  if (request->broken || server->greeted) return SFTP_BROKEN;
  server->greeted = true;
  sftp_begin(server, FXP_VERSION);
  sftp_put_u32(server, SFTP_VERSION);
  sftp_put_extensions(server);
  return sftp_finish(server);
}

static int answer(struct sftp *server, struct sftp_request *request) {
  uint8_t type = sftp_take_byte(request);
  if (type == FXP_INIT) return greet(server, request);
  request->id = sftp_take_u32(request);
  if (request->broken || !server->greeted) return SFTP_BROKEN;
  const struct row *row = type < sizeof REQUESTS / sizeof *REQUESTS ? &REQUESTS[type] : NULL;
  int outcome = FX_OP_UNSUPPORTED;
  if (row != NULL && row->handler != NULL) {
    outcome = row->writes && server->read_only ? FX_PERMISSION_DENIED : row->handler(server, request);
  }
  if (outcome >= 0) sftp_put_status(server, request, outcome);
  return outcome == SFTP_BROKEN ? SFTP_BROKEN : SFTP_ANSWERED;
}

/** Answers every packet that is there as a whole. False when the client broke the protocol or reads no more. */
static bool answer_all(struct sftp *server) {
  struct sftp_buffer *in = &server->in;
  while (in->end - in->start >= 4) {
    struct sftp_request head = {.at = in->bytes + in->start, .end = in->bytes + in->end};
    uint32_t length = sftp_take_u32(&head);
    if (length > SFTP_PACKET_MAX) return false;
    if (length > in->end - in->start - 4) return true;
    if (sizeof server->out.bytes - server->out.end < 4 + SFTP_PACKET_MAX && !sftp_flush(server)) return false;
    struct sftp_request request = {.at = head.at, .end = head.at + length};
    // What follows in the buffer is no part of this packet: a checked build notices who reads on.
    size_t following = sizeof in->bytes - in->start - 4 - length;
    ASAN_POISON_MEMORY_REGION(request.end, following);
    int outcome = answer(server, &request);
    ASAN_UNPOISON_MEMORY_REGION(request.end, following);
    if (outcome == SFTP_BROKEN) return false;
    in->start += 4 + length;
  }
  return true;
}

static int serve(struct sftp *server) {
  for (;;) {
    bool sound = answer_all(server);
    if (!sftp_flush(server)) return 1;
    if (!sound) {
      fputs("sftp: the client broke the protocol\n", stderr);
      return 1;
    }
    long got = sftp_fill(server);
    if (got < 0) return 1;
    if (got == 0) return server->in.start == server->in.end ? 0 : 1;
  }
}

static bool go_home(void) {
  const char *home = getenv("HOME");
  return (home != NULL && home[0] == '/' && chdir(home) == 0) || chdir("/") == 0;
}

int sftp_main(int read_only) {
  static struct sftp server;  // a megabyte: too much for a stack
  server.read_only = read_only != 0;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  if (!go_home()) {
    perror("sftp: /");
    return 1;
  }
  int status = serve(&server);
  sftp_close_all(&server);
  return status;
}
