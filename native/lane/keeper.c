// Finds the lanes' ports, now and whenever the kernel tells of a new one, and gives each a process of its own: what
// goes wrong on one lane does not reach another.
#include "keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port.h"

// As <linux/netlink.h> has them, which musl's compiler does not find.
#define KERNEL_EVENTS 15
struct kernel_address {
  unsigned short family, pad;
  unsigned port, groups;
};

#define PORTS "/sys/class/virtio-ports"
#define PREFIX "org.novalet.lane."
#define PORTS_MOST 256
#define LOOK_MS 2000
#define LOCK_TRIES 20
#define LOCK_PAUSE_US 100000
#define LOOK_SELDOM_MS 30000

struct lane {
  pid_t pid;  // 0: free
  char device[32];
};

static struct lane lanes[PORTS_MOST];
static bool again;  // something was not ready: look soon

// Bound as long as the keeper or one of its lanes lives, so that no two read one port.
static int lock_guest(void) {
  static const char name[] = "\0novalet-lane";
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, name, sizeof name - 1);
  int lock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (lock < 0) return -1;
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof name - 1);
  if (bind(lock, (struct sockaddr *)&address, size) == 0) return lock;
  int why = errno;
  close(lock);
  errno = why;
  return -1;
}

// A server that was just told to end may still hold it.
static int lock_soon(void) {
  int lock = lock_guest();
  for (int i = 0; i < LOCK_TRIES && lock < 0 && errno == EADDRINUSE; i++) {
    usleep(LOCK_PAUSE_US);
    lock = lock_guest();
  }
  return lock;
}

static int watch_kernel(void) {
  const struct kernel_address address = {.family = AF_NETLINK, .groups = 1};
  int news = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, KERNEL_EVENTS);
  if (news >= 0 && bind(news, (const struct sockaddr *)&address, sizeof address) == 0) return news;
  if (news >= 0) close(news);
  return -1;
}

static bool is_lane(const char *device) {
  char path[320], name[128] = "";
  snprintf(path, sizeof path, PORTS "/%s/name", device);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = file < 0 ? -1 : read(file, name, sizeof name - 1);
  if (file >= 0) close(file);
  return got > 0 && strncmp(name, PREFIX, sizeof PREFIX - 1) == 0;
}

static struct lane *find_lane(const char *device) {
  for (int i = 0; i < PORTS_MOST; i++) {
    if (lanes[i].pid > 0 && strcmp(lanes[i].device, device) == 0) return &lanes[i];
  }
  return NULL;
}

static struct lane *free_lane(void) {
  for (int i = 0; i < PORTS_MOST; i++) {
    if (lanes[i].pid <= 0) return &lanes[i];
  }
  return NULL;
}

static void start_lane(const char *device) {
  char path[320];
  struct lane *lane = free_lane();
  snprintf(path, sizeof path, "/dev/%s", device);
  if (lane == NULL || strlen(device) >= sizeof lane->device) return;
  if (access(path, F_OK) < 0) {
    again = true;
    return;
  }
  pid_t keeper = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (getppid() != keeper) _exit(PORT_GONE);
    _exit(port_serve(path));
  }
  if (pid < 0) {
    again = true;
    return;
  }
  lane->pid = pid;
  strcpy(lane->device, device);
}

static void look_for_ports(void) {
  DIR *directory = opendir(PORTS);
  if (directory == NULL) return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    const char *device = entry->d_name;
    if (device[0] == '.' || strlen(device) >= 32 || find_lane(device) != NULL) continue;
    if (is_lane(device)) start_lane(device);
  }
  closedir(directory);
}

// True when a lane was told to quit.
static bool reap(void) {
  bool quit = false;
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    for (int i = 0; i < PORTS_MOST; i++) {
      if (lanes[i].pid != pid) continue;
      lanes[i].pid = 0;
      again = true;  // a port that is still there, or is there anew, is served anew, but not at once
      if (WIFEXITED(status) && WEXITSTATUS(status) == PORT_QUIT) quit = true;
    }
  }
  return quit;
}

static void end_lanes(void) {
  for (int i = 0; i < PORTS_MOST; i++) {
    if (lanes[i].pid > 0) kill(lanes[i].pid, SIGTERM);
  }
  for (int i = 0; i < PORTS_MOST; i++) {
    if (lanes[i].pid > 0) waitpid(lanes[i].pid, NULL, 0);
  }
}

static void announce(void) {
  if (write(1, "ready\n", 6) < 0) return;  // whoever started it has gone; that is no reason not to serve
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  for (int i = 0; i < 3; i++) dup2(null, i);
  close(null);
}

static void keep(int news, int signals) {
  struct pollfd wanted[2] = {{.fd = signals, .events = POLLIN}, {.fd = news, .events = POLLIN}};
  for (bool look = true;;) {
    if (look) {
      again = false;
      look_for_ports();
    }
    int count = poll(wanted, 2, again || news < 0 ? LOOK_MS : LOOK_SELDOM_MS);
    look = count == 0;
    struct signalfd_siginfo signal;
    while (read(signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
      if (signal.ssi_signo != SIGCHLD) return;
    }
    if (reap()) return;
    char event[4096];
    ssize_t got;
    while (news >= 0 && ((got = recv(news, event, sizeof event - 1, 0)) > 0 || (got < 0 && errno == ENOBUFS))) {
      event[got < 0 ? 0 : got] = '\0';
      if (got < 0 || strstr(event, "virtio-ports") != NULL) look = true;
    }
  }
}

int keeper_main(void (*prepare)(void)) {
  int lock = lock_soon();
  if (lock < 0) return errno == EADDRINUSE ? puts("already") < 0 : (perror("novalet-lane"), 1);
  prepare();
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGINT);
  sigprocmask(SIG_BLOCK, &wanted, NULL);
  int signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return 1;
  int news = watch_kernel();
  announce();  // before there are children, which would hold the starter's pipe open
  keep(news, signals);
  end_lanes();
  return 0;
}
