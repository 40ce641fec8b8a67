// Pseudo-terminals. Knows no channel and no program. Rules: pts(4), ioctl_tty(2).
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static bool open_slave(int master, const struct request *request, int *slave) {
  int unlocked = 0;
  unsigned number = 0;
  char path[32];
  if (ioctl(master, TIOCSPTLCK, &unlocked) < 0 || ioctl(master, TIOCGPTN, &number) < 0) return false;
  snprintf(path, sizeof path, "/dev/pts/%u", number);
  *slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*slave < 0) return false;
  terminal_resize(master, request->rows, request->columns);
  struct termios modes;
  if (tcgetattr(*slave, &modes) == 0) {
    modes.c_iflag |= IUTF8;  // or erasing a character in the line editor of the kernel would erase a byte
    tcsetattr(*slave, TCSANOW, &modes);
  }
  if (!request->user.uid_given) return true;
  return fchown(*slave, request->user.uid, (gid_t)-1) == 0 && fchmod(*slave, 0620) == 0;
}

bool terminal_open(const struct request *request, int *master, int *slave) {
  *slave = -1;
  *master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (*master < 0) return false;
  if (open_slave(*master, request, slave)) return true;
  int why = errno;
  if (*slave >= 0) close(*slave);
  close(*master);
  errno = why;
  return false;
}

void terminal_resize(int master, uint16_t rows, uint16_t columns) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  ioctl(master, TIOCSWINSZ, &size);
}

void terminal_end(int master) {
  struct termios modes;
  if (tcgetattr(master, &modes) < 0 || (modes.c_lflag & ICANON) == 0) return;
  // Where the terminal takes nothing more, its program reads nothing either, and the end makes no difference.
  if (write(master, &modes.c_cc[VEOF], 1) < 0) return;
}

int terminal_foreground(int master) {
  int group = 0;
  return ioctl(master, TIOCGPGRP, &group) == 0 && group > 0 ? group : 0;
}
