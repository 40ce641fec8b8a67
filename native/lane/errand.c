// Errands: a socket pair, a fork, one message with at most one descriptor.
#include "errand.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user.h"

union control {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
};

static void send_result(int socket, const struct errand_result *result) {
  struct iovec part = {.iov_base = (void *)(uintptr_t)result, .iov_len = sizeof *result};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  union control control;
  memset(&control, 0, sizeof control);
  if (result->descriptor >= 0) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &result->descriptor, sizeof(int));
  }
  sendmsg(socket, &message, MSG_NOSIGNAL);
}

int errand_start(void (*work)(const void *subject, struct errand_result *result), const void *subject,
                 const struct user *user, unsigned seconds) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -1;
  pid_t pid = fork();
  if (pid == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGALRM, SIG_DFL);
    if (seconds > 0) alarm(seconds);
    struct errand_result result = {.descriptor = -1};
    if (user_become(user)) {
      work(subject, &result);
    } else {
      result.error = errno;
      strcpy(result.where, "user");
    }
    send_result(pair[1], &result);
    _exit(0);
  }
  int why = errno;
  close(pair[1]);
  if (pid > 0) return pair[0];
  close(pair[0]);
  errno = why;
  return -1;
}

void errand_result(int descriptor, struct errand_result *result) {
  struct iovec part = {.iov_base = result, .iov_len = sizeof *result};
  union control control;
  memset(&control, 0, sizeof control);
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                           .msg_controllen = sizeof control};
  ssize_t got = recvmsg(descriptor, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  struct cmsghdr *header = got < 0 ? NULL : CMSG_FIRSTHDR(&message);
  int sent = -1;
  if (header != NULL && header->cmsg_type == SCM_RIGHTS) memcpy(&sent, CMSG_DATA(header), sizeof sent);
  if (got != (ssize_t)sizeof *result) {
    memset(result, 0, sizeof *result);
    result->error = ETIMEDOUT;
  } else if (result->error == 0 && result->descriptor >= 0 && sent < 0) {
    result->error = EMFILE;
  }
  result->descriptor = sent;
}
