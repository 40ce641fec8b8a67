// Big-endian integers in memory, as the wire has them.
#ifndef LANE_BYTES_H
#define LANE_BYTES_H

#include <stdint.h>

static inline uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static inline uint32_t get32(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
static inline uint64_t get64(const uint8_t *at) { return (uint64_t)get32(at) << 32 | get32(at + 4); }

static inline void put16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}
static inline void put32(uint8_t *at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}
static inline void put64(uint8_t *at, uint64_t value) {
  put32(at, (uint32_t)(value >> 32));
  put32(at + 4, (uint32_t)value);
}

#endif
