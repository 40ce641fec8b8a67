// Cgroups. Rules: the kernel's Documentation/admin-guide/cgroup-v2.rst, and systemd's on delegation: what is below a unit
// with Delegate=yes is the unit's to divide, and a cgroup that has children should hold no process itself.
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ROOT "/sys/fs/cgroup"
#define KILL_ROUNDS 100

static char base[512];

static bool write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t wrote = write(file, text, strlen(text));
  close(file);
  return wrote == (ssize_t)strlen(text);
}

static bool own_path(char *path, size_t room) {
  char line[400];
  FILE *file = fopen("/proc/self/cgroup", "re");
  bool found = false;
  while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    // The root belongs to the kernel or to somebody else in any case.
    found = strncmp(line, "0::/", 4) == 0 && line[4] != '\0' && strstr(line, "/../") == NULL;
  }
  if (file != NULL) fclose(file);
  if (found) snprintf(path, room, ROOT "%s", line + 3);
  return found;
}

static bool is_delegated(const char *path) {
  char value[8];
  return (getxattr(path, "trusted.delegate", value, sizeof value) == 1 && value[0] == '1') ||
         (getxattr(path, "user.delegate", value, sizeof value) == 1 && value[0] == '1');
}

// Signals each member, but for 0; gives their number.
static int each_member(const char *group, int signal) {
  char path[640];
  snprintf(path, sizeof path, "%s/cgroup.procs", group);
  FILE *file = fopen(path, "re");
  int count = 0;
  char line[32];
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    long pid = strtol(line, NULL, 10);
    if (pid <= 1 || pid == getpid()) continue;
    count++;
    if (signal != 0) kill((pid_t)pid, signal);
  }
  if (file != NULL) fclose(file);
  return count;
}

bool cgroup_begin(void) {
  char path[448], server[480], procs[512];
  struct stat found;
  if (stat(ROOT "/cgroup.controllers", &found) < 0 || !own_path(path, sizeof path)) return false;
  if (!is_delegated(path) && each_member(path, 0) > 0) return false;
  snprintf(server, sizeof server, "%s/server", path);
  snprintf(procs, sizeof procs, "%s/cgroup.procs", server);
  if (mkdir(server, 0755) < 0 && errno != EEXIST) return false;
  if (!write_file(procs, "0")) {
    rmdir(server);
    return false;
  }
  snprintf(base, sizeof base, "%s", path);
  return true;
}

bool cgroup_usable(void) { return base[0] != '\0'; }

int cgroup_make(char name[CGROUP_NAME]) {
  static unsigned counter;
  char path[640];
  cgroup_sweep();
  snprintf(name, CGROUP_NAME, "ch-%d-%u", (int)getpid(), ++counter);
  snprintf(path, sizeof path, "%s/%s", base, name);
  if (mkdir(path, 0755) < 0) return -1;
  return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool cgroup_enter(int directory) {
  int procs = openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  if (procs < 0) return false;
  bool entered = write(procs, "0", 1) == 1;
  close(procs);
  return entered;
}

void cgroup_signal(const char *name, int signal) {
  char path[640];
  snprintf(path, sizeof path, "%s/%s", base, name);
  each_member(path, signal);
}

void cgroup_kill(const char *name) {
  char path[640];
  snprintf(path, sizeof path, "%s/%s/cgroup.kill", base, name);
  if (write_file(path, "1")) return;
  // Kernels before 5.14. Frozen members die of SIGKILL, but fork no more.
  snprintf(path, sizeof path, "%s/%s/cgroup.freeze", base, name);
  write_file(path, "1");
  snprintf(path, sizeof path, "%s/%s", base, name);
  for (int round = 0; round < KILL_ROUNDS && each_member(path, SIGKILL) > 0; round++) usleep(1000);
}

void cgroup_sweep(void) {
  char prefix[32], path[1024];
  int length = snprintf(prefix, sizeof prefix, "ch-%d-", (int)getpid());
  DIR *directory = opendir(base);
  if (directory == NULL) return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (strncmp(entry->d_name, prefix, (size_t)length) != 0) continue;
    snprintf(path, sizeof path, "%s/%s", base, entry->d_name);
    rmdir(path);  // refused while somebody lives in it
  }
  closedir(directory);
}
