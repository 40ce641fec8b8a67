// Accounts: names for numbers and homes for names, from /etc/passwd and /etc/group.
// Reads the files itself: a static program has no name service, and what a name service knows stays a number here.
#include "sftp-server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1024, FIELDS = 7, ID_FIELD = 2, HOME_FIELD = 5 };

struct line {
  char text[LINE_SIZE];
  char *fields[FIELDS];
  int count;  // a group's members may be cut off, so that the last field is no field
};

/** Reads the next line, as much of it as fits, and divides it at its colons. */
static bool next_line(FILE *file, struct line *line) {
  if (fgets(line->text, sizeof line->text, file) == NULL) return false;
  size_t length = strcspn(line->text, "\n");
  bool whole = line->text[length] == '\n';
  line->text[length] = '\0';
  for (int c = 0; !whole && c != EOF && c != '\n';) c = getc(file);
  line->count = 0;
  char *rest = line->text;
  while (rest != NULL && line->count < FIELDS) {
    line->fields[line->count++] = strsep(&rest, ":");
  }
  return true;
}

static bool parse_id(const char *text, uint32_t *id) {
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > 10 || text[digits] != '\0') return false;
  unsigned long long value = strtoull(text, NULL, 10);
  *id = (uint32_t)value;
  return value <= UINT32_MAX;
}

static void look_up(const char *file_name, struct sftp_account *account) {
  FILE *file = fopen(file_name, "re");
  if (file == NULL) return;  // then there are no names
  struct line line;
  uint32_t id;
  while (account->name[0] == '\0' && next_line(file, &line)) {
    if (line.count > ID_FIELD && parse_id(line.fields[ID_FIELD], &id) && id == account->id &&
        strlen(line.fields[0]) < sizeof account->name) {
      strcpy(account->name, line.fields[0]);
    }
  }
  fclose(file);
}

/** The name in the cache, which holds one account for each remainder; empty when there is none. */
static const char *name_of(const char *file_name, struct sftp_account *cache, uint32_t id) {
  struct sftp_account *account = &cache[id % SFTP_ACCOUNTS_KEPT];
  if (!account->filled || account->id != id) {
    *account = (struct sftp_account){.filled = true, .id = id};
    look_up(file_name, account);
  }
  return account->name;
}

/** Empty when nobody has the number. Good until the next call. */
const char *sftp_user_name(struct sftp *server, uint32_t uid) {
  return name_of("/etc/passwd", server->users, uid);
}

/** Empty when no group has the number. Good until the next call. */
const char *sftp_group_name(struct sftp *server, uint32_t gid) {
  return name_of("/etc/group", server->groups, gid);
}

static bool copy_home(const char *home, char path[SFTP_PATH_SIZE]) {
  size_t length = strlen(home);
  if (home[0] != '/' || length >= SFTP_PATH_SIZE) return false;
  memcpy(path, home, length + 1);
  return true;
}

/** The home of `user`; with an empty name of whom the server runs as: $HOME, or / where that is no path. */
bool sftp_home_of(const char *user, char path[SFTP_PATH_SIZE]) {
  if (user[0] == '\0') {
    const char *home = getenv("HOME");
    return (home != NULL && copy_home(home, path)) || copy_home("/", path);
  }
  FILE *file = fopen("/etc/passwd", "re");
  if (file == NULL) return false;
  bool found = false;
  struct line line;
  while (!found && next_line(file, &line)) {
    // Seven fields: a home that the line's end cut short is none.
    found = line.count == FIELDS && strcmp(line.fields[0], user) == 0 && copy_home(line.fields[HOME_FIELD], path);
  }
  fclose(file);
  return found;
}
