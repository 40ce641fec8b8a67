// The identity that a forked child takes on before it acts for somebody.
#ifndef LANE_USER_H
#define LANE_USER_H

#include <stdbool.h>

#include "fields.h"

/** Groups, then gid, then uid, for good. False with errno; EINVAL where only one of uid and gid is given. */
bool user_become(const struct user *user);

#endif
