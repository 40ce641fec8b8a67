// Making the process that becomes a program, in its tree from its first moment.
#ifndef LANE_BIRTH_H
#define LANE_BIRTH_H

#include <stdbool.h>
#include <sys/types.h>

#include "program.h"

/**
 * Forks, and becomes the program in the child. With `wait` the caller stands still until the child executes or ends, and
 * lends it its memory. -1 with errno.
 */
pid_t birth(struct program *program, bool wait);

#endif
