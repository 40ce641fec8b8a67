// The line that stands for a file in a listing, as `ls -l` would print it.
#include "sftp-server.h"

#include <stdio.h>
#include <time.h>

static char type_letter(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return '-';
    case S_IFDIR: return 'd';
    case S_IFLNK: return 'l';
    case S_IFBLK: return 'b';
    case S_IFCHR: return 'c';
    case S_IFIFO: return 'p';
    case S_IFSOCK: return 's';
    default: return '?';
  }
}

/** The letter for execution, where one of the three special bits has a say. */
static char execution(bool executable, bool special, char letter) {
  if (!special) return executable ? 'x' : '-';
  return executable ? letter : (char)(letter - 'a' + 'A');
}

static void mode_letters(mode_t mode, char letters[11]) {
  letters[0] = type_letter(mode);
  for (int who = 0; who < 3; who++) {
    mode_t bits = mode >> (6 - 3 * who);
    letters[1 + 3 * who] = bits & 4 ? 'r' : '-';
    letters[2 + 3 * who] = bits & 2 ? 'w' : '-';
  }
  letters[3] = execution(mode & S_IXUSR, mode & S_ISUID, 's');
  letters[6] = execution(mode & S_IXGRP, mode & S_ISGID, 's');
  letters[9] = execution(mode & S_IXOTH, mode & S_ISVTX, 't');
  letters[10] = '\0';
}

/** Hour and minute for the last half year, the year for all other times. */
static void date_text(time_t when, char *text, size_t size) {
  static const char MONTHS[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t half_year = 365 * 24 * 60 * 60 / 2;
  time_t now = time(NULL);
  struct tm parts;
  if (localtime_r(&when, &parts) == NULL || parts.tm_mon < 0 || parts.tm_mon > 11) {
    snprintf(text, size, "%lld", (long long)when);
  } else if (when > now || now - when > half_year) {
    snprintf(text, size, "%s %2d  %4lld", MONTHS[parts.tm_mon], parts.tm_mday, 1900LL + parts.tm_year);
  } else {
    snprintf(text, size, "%s %2d %02d:%02d", MONTHS[parts.tm_mon], parts.tm_mday, parts.tm_hour, parts.tm_min);
  }
}

static void account_text(const char *name, uint32_t id, char text[SFTP_ACCOUNT_SIZE]) {
  if (name[0] != '\0') {
    snprintf(text, SFTP_ACCOUNT_SIZE, "%s", name);
  } else {
    snprintf(text, SFTP_ACCOUNT_SIZE, "%lu", (unsigned long)id);
  }
}

/** Writes the line into `line`, cut where it is too short. Without `found`, the name alone. */
void sftp_long_name(struct sftp *server, const char *name, const struct stat *found, char *line, size_t size) {
  if (found == NULL) {
    snprintf(line, size, "?--------- %s", name);
    return;
  }
  char letters[11], user[SFTP_ACCOUNT_SIZE], group[SFTP_ACCOUNT_SIZE], date[48];
  mode_letters(found->st_mode, letters);
  account_text(sftp_user_name(server, found->st_uid), found->st_uid, user);
  account_text(sftp_group_name(server, found->st_gid), found->st_gid, group);
  date_text(found->st_mtime, date, sizeof date);
  snprintf(line, size, "%s %3lu %-8s %-8s %8lld %s %s", letters, (unsigned long)found->st_nlink, user, group,
           (long long)found->st_size, date, name);
}
