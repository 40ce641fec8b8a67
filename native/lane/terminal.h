// Pseudo-terminals, by hand: a static program must not depend on what a libc does behind openpty.
#ifndef LANE_TERMINAL_H
#define LANE_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "fields.h"

/** Opens both ends; the slave belongs to the user. False with errno, nothing left open. */
bool terminal_open(const struct request *request, int *master, int *slave);
void terminal_resize(int master, uint16_t rows, uint16_t columns);
/** What typing the end-of-file character does, where the terminal reads by lines. */
void terminal_end(int master);
/** The process group in the foreground, or 0. */
int terminal_foreground(int master);

#endif
