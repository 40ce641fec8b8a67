// Work that could block, or is done as another user: a forked child does it and hands back an error or a descriptor.
#ifndef LANE_ERRAND_H
#define LANE_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

#include "fields.h"

struct errand_result {
  int error;       // errno; 0 when it went well
  int descriptor;  // -1: none
  uint64_t value;
  char where[16];
};

/**
 * Forks. The child calls `work` as the user and sends what it fills in. Seconds 0: no limit. Gives a descriptor that
 * becomes readable when it is done; -1 with errno.
 */
int errand_start(void (*work)(const void *subject, struct errand_result *result), const void *subject,
                 const struct user *user, unsigned seconds);
/** Reads the result, and says ETIMEDOUT where the child was ended by its limit. */
void errand_result(int descriptor, struct errand_result *result);

#endif
