// The tree of a program: all that descends from it, to be signalled or killed as one.
#ifndef LANE_TREE_H
#define LANE_TREE_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"

#define TREE_MARK 48

struct tree {
  bool begun;
  char group[CGROUP_NAME];  // empty: no cgroup
  char mark[TREE_MARK];     // NAME=value for the environment; empty with a cgroup
};

/** Before the fork. Gives the descriptor of a cgroup's directory for birth or tree_join, or -1 where none is needed. */
int tree_begin(struct tree *tree);
/** In a child that was not born into the tree. */
bool tree_join(int descriptor);
/** The leader is 0 once it has been reaped, for its number may be another's by then. */
void tree_signal(const struct tree *tree, pid_t leader, int signal);
void tree_kill(const struct tree *tree, pid_t leader);
/** The tree is of no more interest; what lives of it goes on. */
void tree_leave(struct tree *tree);

#endif
