// Standard input and output, which may be pipes, sockets or either of them in non-blocking mode.
#include "sftp-server.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/** Whether an attempt on `file` that failed is worth another; waits until it is. */
static bool again(int file, short event) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
  struct pollfd waiting = {.fd = file, .events = event};
  return poll(&waiting, 1, -1) >= 0 || errno == EINTR;
}

/** Sends all that the output holds. False when nobody takes it. */
bool sftp_flush(struct sftp *server) {
  struct sftp_buffer *out = &server->out;
  while (out->start < out->end) {
    ssize_t sent = write(STDOUT_FILENO, out->bytes + out->start, out->end - out->start);
    if (sent > 0) {
      out->start += (size_t)sent;
    } else if (sent == 0 || !again(STDOUT_FILENO, POLLOUT)) {
      return false;
    }
  }
  out->start = out->end = 0;
  return true;
}

/** Waits for bytes. Gives how many came: 0 at the end, -1 on an error. To be called when no whole packet is left. */
long sftp_fill(struct sftp *server) {
  struct sftp_buffer *in = &server->in;
  if (in->start == in->end) in->start = in->end = 0;
  if (sizeof in->bytes - in->start < 4 + SFTP_PACKET_MAX) {
    memmove(in->bytes, in->bytes + in->start, in->end - in->start);
    in->end -= in->start;
    in->start = 0;
  }
  for (;;) {
    ssize_t got = read(STDIN_FILENO, in->bytes + in->end, sizeof in->bytes - in->end);
    if (got >= 0) {
      in->end += (size_t)got;
      return got;
    }
    if (!again(STDIN_FILENO, POLLIN)) return -1;
  }
}
