// Fields that are longer than a frame: kept until the order comes that they belong to. Knows no channel.
#ifndef LANE_DRAFT_H
#define LANE_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORDER_MOST 2097152  // an order's fields in all; Linux's usual ARG_MAX

struct draft {
  uint32_t channel;  // 0: none
  uint8_t *bytes;
  size_t size, room;
};

/** False with errno EPROTO where it grows too long or another channel's is kept, ENOMEM where there is no room. */
bool draft_add(struct draft *draft, uint32_t channel, const uint8_t *payload, size_t size);
void draft_drop(struct draft *draft);

#endif
