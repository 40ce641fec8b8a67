// Hello and welcome. Knows bytes, and what the facts tell of the guest.
#include "hello.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "cgroup.h"
#include "version.h"

#define VERSION 1
#define FACTS_AT 32

static const uint8_t hello[8] = {0x93, 'N', 'V', 'L', 'H', 'E', 'L', 'O'};
static const uint8_t welcome_mark[8] = {0x93, 'N', 'V', 'L', 'W', 'E', 'L', 'C'};

enum hello_match hello_match(const uint8_t *bytes, size_t size) {
  static const uint8_t zero[6];
  size_t known = size < sizeof hello ? size : sizeof hello;
  if (memcmp(bytes, hello, known) != 0) return HELLO_NONE;
  if (size < HELLO_SIZE) return HELLO_PART;
  // A later version's hello is answered with ours; its sender decides whether that will do.
  if (memcmp(bytes + 10, zero, sizeof zero) != 0) return HELLO_NONE;
  return HELLO_WHOLE;
}

bool hello_dismisses(const uint8_t *hello) { return get16(hello + 8) == 0; }

uint32_t hello_number(void) {
  uint8_t random[4] = {0};
  uint32_t number = 0;
  while (number == 0 || number == get32(hello)) {
    if (getrandom(random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
      // Soon after boot there may be no entropy yet; the clock's lowest bits are hard enough to know beforehand.
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      put32(random, (uint32_t)now.tv_nsec * 2654435761u ^ (uint32_t)now.tv_sec ^ (uint32_t)getpid() << 16);
    }
    number = get32(random);
  }
  return number;
}

// The kernel's id, where there is a /proc. Only what cannot break out of a JSON string is kept.
static void read_boot_id(char *id, size_t room) {
  int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  ssize_t got = file < 0 ? 0 : read(file, id, room - 1);
  if (file >= 0) close(file);
  id[got > 0 ? got : 0] = '\0';
  id[strspn(id, "0123456789abcdef-")] = '\0';
  if (id[0] == '\0') snprintf(id, room, "unknown");
}

static void write_head(uint8_t *welcome, const uint8_t nonce[16], uint32_t length) {
  memcpy(welcome, welcome_mark, sizeof welcome_mark);
  put16(welcome + 8, VERSION);
  put16(welcome + 10, 0);
  put32(welcome + 12, length);
  memcpy(welcome + 16, nonce, 16);
}

size_t hello_welcome(uint8_t welcome[WELCOME_MOST], const uint8_t nonce[16], uint32_t number) {
  char boot_id[64];
  struct utsname kernel;
  read_boot_id(boot_id, sizeof boot_id);
  if (uname(&kernel) < 0) kernel.machine[0] = '\0';
  int size = snprintf((char *)welcome + FACTS_AT, WELCOME_MOST - FACTS_AT,
                      "{\"session\":%u,\"server\":\"%s\",\"bootId\":\"%s\",\"machine\":\"%s\",\"pid\":%d,\"uid\":%u,\"cgroup\":%s}",
                      (unsigned)number, build_id, boot_id, kernel.machine, (int)getpid(), (unsigned)getuid(),
                      cgroup_usable() ? "true" : "false");
  write_head(welcome, nonce, (uint32_t)size);
  return FACTS_AT + (size_t)size;
}

size_t hello_farewell(uint8_t welcome[WELCOME_MOST], const uint8_t nonce[16]) {
  write_head(welcome, nonce, 0);
  return FACTS_AT;
}
