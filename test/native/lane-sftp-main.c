// The SFTP server as a program of its own, for tests: nothing but `sftp_main`.
#include <stdio.h>
#include <string.h>

#include "sftp.h"

int main(int count, char **arguments) {
  int read_only = count == 2 && strcmp(arguments[1], "--read-only") == 0;
  if (count > 1 && !read_only) {
    fputs("usage: lane-sftp [--read-only]\n", stderr);
    return 2;
  }
  return sftp_main(read_only);
}
