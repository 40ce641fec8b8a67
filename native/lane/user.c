// Changing the user of a forked child. Knows numbers, no names.
#include "user.h"

#include <errno.h>
#include <grp.h>
#include <unistd.h>

bool user_become(const struct user *user) {
  if (!user->uid_given && !user->gid_given) return true;
  if (!user->uid_given || !user->gid_given) {
    errno = EINVAL;
    return false;
  }
  if (setgroups(user->group_count, user->groups) < 0) return false;
  if (setresgid(user->gid, user->gid, user->gid) < 0) return false;
  return setresuid(user->uid, user->uid, user->uid) == 0;
}
