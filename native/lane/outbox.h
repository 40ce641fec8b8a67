// What waits to be written to the host end: frames in blocks, each of which goes out by one write.
#ifndef LANE_OUTBOX_H
#define LANE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define FRAME_HEAD 16
#define FRAME_TAIL 4
#define PAYLOAD_MOST 32744
#define PAYLOADS_MOST 8
#define BLOCK_MOST 32768  // a guest's driver takes no more at once

struct block {
  struct block *next;
  size_t size, sent;
  uint8_t bytes[BLOCK_MOST];
};

struct outbox {
  struct block *head, *tail;
  struct block *spares;  // empty, for the next reads and blocks
  size_t spare_count;
  size_t waiting;  // bytes
  uint32_t session;
};

struct frame_head {
  uint32_t channel;
  uint8_t type, stream;
};

/** True while more data may be taken in; replies go in all the same, and input waits while there is no room. */
bool outbox_has_room(const struct outbox *outbox);
/** How many bytes of data that is, in whole frames. */
size_t outbox_room(const struct outbox *outbox);
/** Where to read the payloads of the next frames to, PAYLOAD_MOST in each but the last. Gives their number; 0 without memory. */
int outbox_payloads(struct outbox *outbox, struct iovec payloads[PAYLOADS_MOST], size_t most);
/**
 * Makes a frame of what was read to the first of them, and then of the next; nothing else may be added in between. False
 * without memory: the frame is lost and the session must end.
 */
bool outbox_commit(struct outbox *outbox, struct frame_head head, size_t size);
/** The same for a payload from elsewhere. */
bool outbox_add(struct outbox *outbox, struct frame_head head, const void *payload, size_t size);
/** Bytes that are no frame: a welcome. */
bool outbox_raw(struct outbox *outbox, const uint8_t *bytes, size_t size);
/** Writes what the descriptor takes. -1 when it takes nothing any more, 1 when something is left, else 0. */
int outbox_flush(struct outbox *outbox, int descriptor);
void outbox_clear(struct outbox *outbox);

#endif
