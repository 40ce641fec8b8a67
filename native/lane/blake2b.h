// BLAKE2b-512 without a key, fed in pieces. Rules: RFC 7693.
#ifndef LANE_BLAKE2B_H
#define LANE_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

#define BLAKE2B_SIZE 64

struct blake2b {
  uint64_t state[8];
  uint64_t counted;  // bytes compressed so far; 2^64 of them do not come in a lifetime
  size_t held;
  uint8_t block[128];
};

void blake2b_begin(struct blake2b *hash);
void blake2b_add(struct blake2b *hash, const uint8_t *bytes, size_t size);
void blake2b_end(struct blake2b *hash, uint8_t digest[BLAKE2B_SIZE]);

#endif
