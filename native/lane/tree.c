// Trees: by cgroup where there is one. Otherwise a member is who descends from the program, is of its session, or has
// the tree's mark in its environment, as daemons have that forked twice and made a session of their own.
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define ROUNDS 200
#define ENVIRONMENT_MOST 262144

struct process {
  pid_t pid, parent, session;
  char state;  // as proc_pid_stat(5) has it
  bool member;
};

struct census {
  struct process *list;
  size_t count, room;
};

int tree_begin(struct tree *tree) {
  tree->begun = true;
  if (cgroup_usable()) {
    int descriptor = cgroup_make(tree->group);
    if (descriptor >= 0) return descriptor;
    tree->group[0] = '\0';
  }
  unsigned char random[16];
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) memset(random, 0, sizeof random);
  int at = snprintf(tree->mark, sizeof tree->mark, "NOVALET_TREE=");
  for (size_t i = 0; i < sizeof random; i++) at += snprintf(tree->mark + at, 3, "%02x", random[i]);
  return -1;
}

bool tree_join(int descriptor) { return descriptor < 0 || cgroup_enter(descriptor); }

static bool has_mark(pid_t pid, const char *mark) {
  static char environment[ENVIRONMENT_MOST];
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  size_t size = 0;
  for (ssize_t got; size < sizeof environment - 1; size += (size_t)got) {
    got = read(file, environment + size, sizeof environment - 1 - size);
    if (got <= 0) break;
  }
  close(file);
  environment[size] = '\0';
  for (size_t at = 0; at < size; at += strlen(environment + at) + 1) {
    if (strcmp(environment + at, mark) == 0) return true;
  }
  return false;
}

static bool read_process(const char *name, struct process *process) {
  char path[32], text[512];
  snprintf(path, sizeof path, "/proc/%.10s/stat", name);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size <= 0) return false;
  text[size] = '\0';
  // The name in the second field may hold anything, brackets and spaces too.
  const char *rest = strrchr(text, ')');
  if (rest == NULL || strlen(rest) < 4) return false;
  char state = rest[2];
  char *at;
  long parent = strtol(rest + 3, &at, 10);
  strtol(at, &at, 10);  // the process group
  long session = strtol(at, &at, 10);
  *process =
      (struct process){.pid = atoi(name), .parent = (pid_t)parent, .session = (pid_t)session, .state = state};
  return state != 'Z' && state != 'X';
}

static bool take_census(struct census *census) {
  DIR *directory = opendir("/proc");
  if (directory == NULL) return false;
  census->count = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (census->count == census->room) {
      size_t room = census->room == 0 ? 256 : 2 * census->room;
      struct process *list = realloc(census->list, room * sizeof *list);
      if (list == NULL) break;
      census->list = list;
      census->room = room;
    }
    if (read_process(entry->d_name, &census->list[census->count])) census->count++;
  }
  closedir(directory);
  return true;
}

static bool is_member(const struct census *census, pid_t pid) {
  for (size_t i = 0; i < census->count; i++) {
    if (census->list[i].pid == pid) return census->list[i].member;
  }
  return false;
}

static bool is_stopped(const struct process *process) { return process->state == 'T' || process->state == 't'; }

// Marks the members and gives the number of those that run. With `halt` each of these is stopped on sight, before the next is
// looked at: a chain whose links start their successors and end is quick.
static size_t find_members(struct census *census, const struct tree *tree, pid_t leader, bool halt) {
  size_t running = 0;
  pid_t self = getpid();
  for (size_t i = 0; i < census->count; i++) {
    struct process *process = &census->list[i];
    if (process->pid <= 1 || process->pid == self) continue;
    process->member = (leader > 0 && (process->pid == leader || process->session == leader)) ||
                      has_mark(process->pid, tree->mark);
    if (!process->member || is_stopped(process)) continue;
    if (halt) kill(process->pid, SIGSTOP);
    running++;
  }
  for (bool grown = true; grown;) {
    grown = false;
    for (size_t i = 0; i < census->count; i++) {
      struct process *process = &census->list[i];
      if (process->member || process->pid == self || !is_member(census, process->parent)) continue;
      process->member = grown = true;
      if (is_stopped(process)) continue;
      if (halt) kill(process->pid, SIGSTOP);
      running++;
    }
  }
  return running;
}

static void signal_members(const struct census *census, int signal) {
  for (size_t i = 0; i < census->count; i++) {
    if (census->list[i].member) kill(census->list[i].pid, signal);
  }
}

void tree_signal(const struct tree *tree, pid_t leader, int signal) {
  if (!tree->begun) return;
  if (tree->group[0] != '\0') {
    cgroup_signal(tree->group, signal);
    return;
  }
  struct census census = {.list = NULL};
  if (take_census(&census)) {
    find_members(&census, tree, leader, false);
    signal_members(&census, signal);
  }
  free(census.list);
}

void tree_kill(const struct tree *tree, pid_t leader) {
  if (!tree->begun) return;
  if (tree->group[0] != '\0') {
    cgroup_kill(tree->group);
    return;
  }
  // Stopped members make no children, so that a census in which none runs is complete; two, since a link of a chain may
  // have been between two names of /proc in one.
  struct census census = {.list = NULL};
  for (int round = 0, quiet = 0; round < ROUNDS && quiet < 2; round++) {
    if (!take_census(&census)) break;
    quiet = find_members(&census, tree, leader, true) == 0 ? quiet + 1 : 0;
  }
  signal_members(&census, SIGKILL);
  if (census.list == NULL && leader > 0) kill(-leader, SIGKILL);  // no /proc: the program's own group at least
  free(census.list);
}

void tree_leave(struct tree *tree) {
  if (tree->begun && tree->group[0] != '\0') cgroup_sweep();
  tree->begun = false;
}
