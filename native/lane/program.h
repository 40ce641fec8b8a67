// What a forked child does to become the program that was asked for.
#ifndef LANE_PROGRAM_H
#define LANE_PROGRAM_H

#include <stdbool.h>

#include "fields.h"

struct program_failure {
  int error;
  char where[12];
};

struct program {
  const struct request *request;
  int streams[3];  // 1 and 2 are -1 with a terminal, whose slave is the first
  int join;        // the tree's descriptor, or -1
  bool joined;     // born in the tree, so that tree_join is not needed
  int failure;     // where a program_failure goes; closed by exec
};

/** Does not return. */
_Noreturn void program_become(const struct program *program);
/** Raises the server's own limit of descriptors, which programs do not inherit. */
void program_raise_limits(void);

#endif
