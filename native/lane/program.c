// The child's way from fork to exec. Runs in a copy of the server, of which nothing must be left to the program.
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tree.h"
#include "user.h"
#ifdef HAVE_SFTP
#include "sftp.h"
#endif

#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static struct rlimit descriptors;

void program_raise_limits(void) {
  if (getrlimit(RLIMIT_NOFILE, &descriptors) < 0) return;
  struct rlimit raised = {.rlim_cur = descriptors.rlim_max, .rlim_max = descriptors.rlim_max};
  if (raised.rlim_cur > 16384) raised.rlim_cur = 16384;
  if (raised.rlim_cur > descriptors.rlim_cur) setrlimit(RLIMIT_NOFILE, &raised);
}

static _Noreturn void fail(const struct program *program, int error, const char *where) {
  struct program_failure failure = {.error = error};
  snprintf(failure.where, sizeof failure.where, "%s", where);
  // Shorter than a pipe's atomic size; when nobody reads it any more, nobody wants to know.
  if (write(program->failure, &failure, sizeof failure) < 0) _exit(126);
  _exit(127);
}

static void reset_signals(void) {
  sigset_t none;
  for (int number = 1; number <= 64; number++) {
    if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
  }
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void take_streams(const struct program *program) {
  for (int i = 0; i < 3; i++) {
    int from = program->streams[program->request->terminal ? 0 : i];
    if (dup2(from, i) < 0) fail(program, errno, "fork");
  }
  if (program->request->terminal && ioctl(0, TIOCSCTTY, 0) < 0) fail(program, errno, "pty");
}

static const char *search_path(const struct request *request) {
  for (char **entry = request->env; *entry != NULL; entry++) {
    if (strncmp(*entry, "PATH=", 5) == 0) return *entry + 5;
  }
  return PATH_DEFAULT;
}

// Gives the errno of the attempt that says most: a program that may not be run rather than one that is not there.
static int execute(const struct request *request) {
  const char *name = request->args[0];
  if (name[0] == '\0') return ENOENT;
  if (strchr(name, '/') != NULL) {
    execve(name, request->args, request->env);
    return errno;
  }
  int error = ENOENT;
  const char *path = search_path(request);
  while (path != NULL) {
    char full[4096];
    size_t length = strcspn(path, ":");
    int needed = snprintf(full, sizeof full, "%.*s%s%s", (int)length, path, length == 0 ? "" : "/", name);
    if (needed > 0 && (size_t)needed < sizeof full) {
      execve(full, request->args, request->env);
      if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return errno;
      if (errno == EACCES) error = EACCES;
    }
    path = path[length] == ':' ? path + length + 1 : NULL;
  }
  return error;
}

static void close_from(int first) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
#endif
  struct rlimit limit;
  int last = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
  for (int i = first; i < last; i++) close(i);
}

static void run_builtin(const struct program *program) {
  const char *name = program->request->builtin;
  bool read_only = strcmp(name, "sftp-ro") == 0;
  if (!read_only && strcmp(name, "sftp") != 0) fail(program, EINVAL, "exec");
#ifdef HAVE_SFTP
  close_from(3);
  _exit(sftp_main(read_only));
#else
  (void)close_from;
  fail(program, ENOSYS, "exec");
#endif
}

_Noreturn void program_become(const struct program *program) {
  const struct request *request = program->request;
  setsid();
  if (!program->joined && !tree_join(program->join)) fail(program, errno, "fork");
  take_streams(program);
  reset_signals();
  umask(022);
  if (descriptors.rlim_max > 0) setrlimit(RLIMIT_NOFILE, &descriptors);
  if (!user_become(&request->user)) fail(program, errno, "user");
  if (request->cwd != NULL && chdir(request->cwd) < 0) fail(program, errno, "cwd");
  if (request->builtin != NULL) run_builtin(program);
  if (request->args[0] == NULL) fail(program, EINVAL, "exec");
  fail(program, execute(request), "exec");
}
