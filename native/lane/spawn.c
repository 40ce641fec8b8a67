// Programs: pipes or a terminal, a fork, and the news of it. What the child does is program.c's.
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "birth.h"
#include "program.h"
#include "stream.h"
#include "terminal.h"

#define PIPE_ROOM 1048576

// Both ends of everything; -1 where there is none.
struct ends {
  int own[3], childs[3];
};

static void close_all(int *list, int count) {
  for (int i = 0; i < count; i++) {
    if (list[i] >= 0) close(list[i]);
    list[i] = -1;
  }
}

static bool open_pipe(struct ends *ends, int which) {
  int pair[2];
  if (pipe2(pair, O_CLOEXEC) < 0) return false;
  if (which != 2) fcntl(pair[0], F_SETPIPE_SZ, PIPE_ROOM);  // less is only slower
  ends->own[which] = pair[which == 0 ? 1 : 0];
  ends->childs[which] = pair[which == 0 ? 0 : 1];
  return fcntl(ends->own[which], F_SETFL, O_NONBLOCK) == 0;
}

static bool open_pipes(const struct request *request, struct ends *ends) {
  if ((request->flags & FLAG_STDIN) != 0) {
    if (!open_pipe(ends, 0)) return false;
  } else {
    ends->childs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (ends->childs[0] < 0) return false;
  }
  return open_pipe(ends, 1) && open_pipe(ends, 2);
}

static bool open_terminal(const struct request *request, struct ends *ends) {
  int master, slave;
  if (!terminal_open(request, &master, &slave)) return false;
  ends->own[1] = master;
  ends->childs[0] = slave;
  ends->own[0] = fcntl(master, F_DUPFD_CLOEXEC, 3);
  return ends->own[0] >= 0;
}

static void attach(struct channel *channel, struct ends *ends) {
  uint32_t flags = channel->request.flags;
  if (ends->own[0] >= 0) stream_write_to(channel, ends->own[0], (flags & FLAG_DIGEST_IN) != 0);
  stream_read_from(channel, 0, ends->own[1], (flags & FLAG_DIGEST_OUT) != 0);
  if (ends->own[2] >= 0) stream_read_from(channel, 1, ends->own[2], false);
}

static void tell_end(struct channel *channel) {
  uint32_t signal = WIFSIGNALED(channel->status) ? (uint32_t)WTERMSIG(channel->status) : 0;
  uint32_t code = WIFEXITED(channel->status) ? (uint32_t)WEXITSTATUS(channel->status) : 0;
  uint8_t payload[8] = {0, 0, 0, (uint8_t)code, 0, 0, 0, (uint8_t)signal};
  struct frame_head head = {.channel = channel->number, .type = FRAME_EXIT};
  session_send(channel->session, head, payload, sizeof payload);
  stream_abandon_input(channel);
  if (!channel->buried) stream_limit_output(channel);
  if (channel->buried) return;
  channel->told = true;
  channel_settle(channel);
}

// The pipe of the child's setup: closed by a successful exec, else it says what went wrong.
static void setup_told(struct watch *watch, uint32_t events) {
  (void)events;
  struct channel *channel = watch->owner;
  struct program_failure failure;
  ssize_t got = read(watch->fd, &failure, sizeof failure);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  loop_drop(watch);
  if (got == (ssize_t)sizeof failure) {
    channel_fault(channel, failure.error, failure.where);
    return;
  }
  struct reply reply = {.size = 0};
  reply_number(&reply, TAG_PID, (uint32_t)channel->pid);
  channel_opened(channel, &reply);
  if (channel->ended && !channel->buried) {
    channel->pid = 0;
    tell_end(channel);
  }
}

// Whether the server may wait in the child's stead until it executes. Not so as another user, who could stop the child on its
// way, and the server with it; nor for what is never executed, nor where the directory may lie on a network file system
// that hangs.
static bool may_wait(const struct request *request) {
  bool at_home = request->cwd == NULL || strcmp(request->cwd, "/") == 0;
  return request->builtin == NULL && at_home && (!request->user.uid_given || request->user.uid == getuid());
}

static bool fork_program(struct channel *channel, struct ends *ends) {
  int setup[2];
  if (pipe2(setup, O_CLOEXEC) < 0) return false;
  int join = tree_begin(&channel->tree);
  if (channel->tree.mark[0] != '\0') channel->request.env[channel->request.env_count] = channel->tree.mark;
  struct program program = {.request = &channel->request, .join = join, .failure = setup[1]};
  memcpy(program.streams, ends->childs, sizeof program.streams);
  channel->pid = birth(&program, may_wait(&channel->request));
  int why = errno;
  if (join >= 0) close(join);
  close(setup[1]);
  if (channel->pid > 0) {
    fcntl(setup[0], F_SETFL, O_NONBLOCK);
    channel->news.fd = setup[0];
    channel->news.ready = setup_told;
    if (loop_want(&channel->news, EPOLLIN)) return true;
    why = errno;
  } else {
    close(setup[0]);
    channel->pid = 0;
  }
  errno = why;
  return false;
}

void spawn_start(struct channel *channel) {
  const struct request *request = &channel->request;
  struct ends ends = {{-1, -1, -1}, {-1, -1, -1}};
  channel->kind = KIND_PROGRAM;
  channel->terminal = request->terminal;
  bool ready = request->terminal ? open_terminal(request, &ends) : open_pipes(request, &ends);
  bool started = ready && fork_program(channel, &ends);
  int why = errno;
  close_all(ends.childs, 3);
  if (started) {
    attach(channel, &ends);
    return;
  }
  close_all(ends.own, 3);
  channel_fault(channel, why, ready ? "fork" : request->terminal ? "pty" : "fork");
}

static struct channel *find_by_pid(struct session *session, pid_t pid) {
  for (int i = 0; i < BUCKETS; i++) {
    for (struct channel *channel = session->channels[i]; channel != NULL; channel = channel->next) {
      if (channel->kind == KIND_PROGRAM && !channel->ended && channel->pid == pid) return channel;
    }
  }
  return NULL;
}

void spawn_reap(struct session *session) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    struct channel *channel = find_by_pid(session, pid);
    if (channel == NULL) continue;  // an errand, a killed program, or a daemon that was left to us
    channel->ended = true;
    channel->status = status;
    // Not open: its setup has not been heard of yet, which comes first.
    if (!channel->open) continue;
    channel->pid = 0;
    tell_end(channel);
  }
}

void spawn_signal(struct channel *channel, int signal, bool tree) {
  if (signal < 1 || signal > 64 || channel->kind != KIND_PROGRAM) return;
  pid_t leader = channel->ended ? 0 : channel->pid;
  if (tree) {
    if (signal == SIGKILL) tree_kill(&channel->tree, leader);
    else tree_signal(&channel->tree, leader, signal);
    return;
  }
  int group = channel->terminal ? terminal_foreground(channel->in.watch.fd) : 0;
  if (group == 0) group = leader;
  if (group > 0) kill(-group, signal);
}

void spawn_resize(struct channel *channel, uint16_t rows, uint16_t columns) {
  if (channel->kind == KIND_PROGRAM && channel->terminal) terminal_resize(channel->in.watch.fd, rows, columns);
}
