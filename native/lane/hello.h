// The two messages that begin a session.
#ifndef LANE_HELLO_H
#define LANE_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELLO_SIZE 32
#define HELLO_NONCE 16
#define WELCOME_MOST 1024

enum hello_match { HELLO_NONE, HELLO_PART, HELLO_WHOLE };

/** Whether these bytes begin with a hello, or could when more of them have come. */
enum hello_match hello_match(const uint8_t *bytes, size_t size);
/** A session's number. */
uint32_t hello_number(void);
/** Gives the size. */
size_t hello_welcome(uint8_t welcome[WELCOME_MOST], const uint8_t nonce[16], uint32_t number);
/** A welcome without facts: the last that is said. */
size_t hello_farewell(uint8_t welcome[WELCOME_MOST], const uint8_t nonce[16]);
/** Whether the host end wants the server gone. Given a whole hello. */
bool hello_dismisses(const uint8_t *hello);

#endif
