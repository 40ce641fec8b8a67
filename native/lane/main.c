// The program's commands. What they do is elsewhere.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cgroup.h"
#include "keeper.h"
#include "program.h"
#include "session.h"
#include "version.h"
#ifdef HAVE_SFTP
#include "sftp.h"
#endif

// linux/random.h; from Linux 4.14 on.
#define RESEED_CRNG _IO('R', 0x07)

static struct session session;

static int serve_stdio(void) {
  int in = fcntl(0, F_DUPFD_CLOEXEC, 3);
  int out = fcntl(1, F_DUPFD_CLOEXEC, 3);
  if (in < 0 || out < 0 || !session_open(&session, in, out)) {
    perror("novalet-lane");
    return 1;
  }
  session_serve(&session);
  return 0;
}

static int serve_socket(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (strlen(path) >= sizeof address.sun_path) {
    fputs("novalet-lane: the path is too long\n", stderr);
    return 2;
  }
  strcpy(address.sun_path, path);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 16) < 0) {
    perror("novalet-lane");
    return 1;
  }
  for (bool quit = false; !quit;) {
    int one = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (one < 0) continue;
    if (!session_open(&session, one, one)) {
      perror("novalet-lane");
      return 1;
    }
    quit = session_serve(&session);
  }
  unlink(path);
  return 0;
}

// Has the kernel's generator take up at once what was written to /dev/urandom.
static int reseed(void) {
  int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (file >= 0 && ioctl(file, RESEED_CRNG) == 0) return 0;
  perror("novalet-lane");
  return 1;
}

static void prepare(void) {
  // Descriptors 0 to 2 must be taken, or a pipe could get one of their numbers.
  for (int file = 0; file >= 0 && file <= 2;) file = open("/dev/null", O_RDWR);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  program_raise_limits();
  if (!cgroup_begin()) prctl(PR_SET_CHILD_SUBREAPER, 1);
}

int main(int argc, char **argv) {
  const char *command = argc > 1 ? argv[1] : "";
  if (strcmp(command, "version") == 0) return puts(build_id) < 0;
#ifdef HAVE_SFTP
  if (strcmp(command, "sftp") == 0) return sftp_main(argc > 2 && strcmp(argv[2], "--read-only") == 0);
#endif
  if (strcmp(command, "reseed") == 0) return reseed();
  if (strcmp(command, "serve") == 0) {
    return keeper_main(prepare);
  }
  if (strcmp(command, "stdio") == 0) {
    prepare();
    return serve_stdio();
  }
  if (strcmp(command, "listen") == 0 && argc > 2) {
    prepare();
    return serve_socket(argv[2]);
  }
  fputs("usage: novalet-lane serve | stdio | listen PATH | sftp [--read-only] | reseed | version\n", stderr);
  return 2;
}
