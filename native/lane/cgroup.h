// Cgroups (version 2) of the trees that the server starts, where it may divide its own.
#ifndef LANE_CGROUP_H
#define LANE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

#define CGROUP_NAME 40

/** Once, before anything is forked. False where there is nothing to divide; all else must not be called then. */
bool cgroup_begin(void);
bool cgroup_usable(void);
/** Makes one, and tells its name and a descriptor of its directory. -1 with errno. */
int cgroup_make(char name[CGROUP_NAME]);
/** Moves the caller into it. */
bool cgroup_enter(int directory);
void cgroup_signal(const char *name, int signal);
/** Kills all members, whatever they do meanwhile. */
void cgroup_kill(const char *name);
/** Removes those of this process that are empty. */
void cgroup_sweep(void);

#endif
