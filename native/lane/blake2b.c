// BLAKE2b-512. Knows no stream. Rules: RFC 7693; the rounds are written out so that the schedule is constant.
#include "blake2b.h"

#include <string.h>

#define BLOCK 128

static const uint64_t start[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static inline uint64_t rotate(uint64_t word, int bits) { return word >> bits | word << (64 - bits); }

static inline uint64_t load(const uint8_t *at) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
#else
  uint64_t word = 0;
  for (int i = 7; i >= 0; i--) word = word << 8 | at[i];
  return word;
#endif
}

#define MIX(a, b, c, d, x, y)        \
  do {                               \
    a += b + (x);                    \
    d = rotate(d ^ a, 32);           \
    c += d;                          \
    b = rotate(b ^ c, 24);           \
    a += b + (y);                    \
    d = rotate(d ^ a, 16);           \
    c += d;                          \
    b = rotate(b ^ c, 63);           \
  } while (0)

#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, sa, sb, sc, sd, se, sf) \
  do {                                                                        \
    MIX(v0, v4, v8, v12, m[s0], m[s1]);                                       \
    MIX(v1, v5, v9, v13, m[s2], m[s3]);                                       \
    MIX(v2, v6, v10, v14, m[s4], m[s5]);                                      \
    MIX(v3, v7, v11, v15, m[s6], m[s7]);                                      \
    MIX(v0, v5, v10, v15, m[s8], m[s9]);                                      \
    MIX(v1, v6, v11, v12, m[sa], m[sb]);                                      \
    MIX(v2, v7, v8, v13, m[sc], m[sd]);                                       \
    MIX(v3, v4, v9, v14, m[se], m[sf]);                                       \
  } while (0)

static void compress(uint64_t h[8], const uint8_t *block, uint64_t counted, uint64_t last) {
  uint64_t m[16];
  for (int i = 0; i < 16; i++) m[i] = load(block + 8 * i);
  uint64_t v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
  uint64_t v8 = start[0], v9 = start[1], v10 = start[2], v11 = start[3];
  uint64_t v12 = start[4] ^ counted, v13 = start[5], v14 = start[6] ^ last, v15 = start[7];
  ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
  ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
  ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
  ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
  ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
  ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
  ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
  ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
  ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
  ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
  h[0] ^= v0 ^ v8;
  h[1] ^= v1 ^ v9;
  h[2] ^= v2 ^ v10;
  h[3] ^= v3 ^ v11;
  h[4] ^= v4 ^ v12;
  h[5] ^= v5 ^ v13;
  h[6] ^= v6 ^ v14;
  h[7] ^= v7 ^ v15;
}

void blake2b_begin(struct blake2b *hash) {
  memcpy(hash->state, start, sizeof start);
  hash->state[0] ^= 0x01010000 ^ BLAKE2B_SIZE;
  hash->counted = 0;
  hash->held = 0;
}

void blake2b_add(struct blake2b *hash, const uint8_t *bytes, size_t size) {
  // The last block is compressed otherwise than the rest, so that a full one is kept until more comes.
  while (size > 0) {
    if (hash->held == 0 && size > BLOCK) {
      hash->counted += BLOCK;
      compress(hash->state, bytes, hash->counted, 0);
      bytes += BLOCK;
      size -= BLOCK;
      continue;
    }
    if (hash->held == BLOCK) {
      hash->counted += BLOCK;
      compress(hash->state, hash->block, hash->counted, 0);
      hash->held = 0;
      continue;
    }
    size_t part = BLOCK - hash->held < size ? BLOCK - hash->held : size;
    memcpy(hash->block + hash->held, bytes, part);
    hash->held += part;
    bytes += part;
    size -= part;
  }
}

void blake2b_end(struct blake2b *hash, uint8_t digest[BLAKE2B_SIZE]) {
  memset(hash->block + hash->held, 0, BLOCK - hash->held);
  hash->counted += hash->held;
  compress(hash->state, hash->block, hash->counted, ~(uint64_t)0);
  for (int i = 0; i < BLAKE2B_SIZE; i++) digest[i] = (uint8_t)(hash->state[i / 8] >> 8 * (i % 8));
}
