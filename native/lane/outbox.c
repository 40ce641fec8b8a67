// Frames on their way out. A block that is nearly full of one frame is queued as it was read, without a copy; small
// frames share a block, since every write costs the guest an exit to the host.
#include "outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"

#define ROOM (8 * BLOCK_MOST)
#define WORTH_KEEPING 8192

static struct block *fresh(struct outbox *outbox) {
  struct block *block = outbox->spare != NULL ? outbox->spare : malloc(sizeof *block);
  outbox->spare = NULL;
  if (block == NULL) return NULL;
  block->next = NULL;
  block->size = block->sent = 0;
  return block;
}

static void link_block(struct outbox *outbox, struct block *block) {
  if (outbox->tail != NULL) outbox->tail->next = block;
  else outbox->head = block;
  outbox->tail = block;
}

static uint8_t *reserve(struct outbox *outbox, size_t size) {
  if (outbox->tail == NULL || BLOCK_MOST - outbox->tail->size < size) {
    struct block *block = fresh(outbox);
    if (block == NULL) return NULL;
    link_block(outbox, block);
  }
  uint8_t *at = outbox->tail->bytes + outbox->tail->size;
  outbox->tail->size += size;
  outbox->waiting += size;
  return at;
}

static void write_head(const struct outbox *outbox, uint8_t *at, struct frame_head head, size_t size) {
  put32(at, outbox->session);
  put32(at + 4, head.channel);
  at[8] = head.type;
  at[9] = head.stream;
  put16(at + 10, 0);
  put32(at + 12, (uint32_t)size);
  put32(at + FRAME_HEAD + size, outbox->session);
}

bool outbox_has_room(const struct outbox *outbox) { return outbox->waiting < ROOM; }

uint8_t *outbox_payload(struct outbox *outbox) {
  if (outbox->spare == NULL) outbox->spare = fresh(outbox);
  return outbox->spare == NULL ? NULL : outbox->spare->bytes + FRAME_HEAD;
}

bool outbox_commit(struct outbox *outbox, struct frame_head head, size_t size) {
  struct block *block = outbox->spare;
  if (size >= WORTH_KEEPING) {
    outbox->spare = NULL;
    write_head(outbox, block->bytes, head, size);
    block->size = FRAME_HEAD + size + FRAME_TAIL;
    outbox->waiting += block->size;
    link_block(outbox, block);
    return true;
  }
  outbox->spare = NULL;  // the payload lies in it: it must not become the block that the payload is copied to
  bool added = outbox_add(outbox, head, block->bytes + FRAME_HEAD, size);
  if (outbox->spare == NULL) {
    block->size = block->sent = 0;
    block->next = NULL;
    outbox->spare = block;
  } else {
    free(block);
  }
  return added;
}

bool outbox_add(struct outbox *outbox, struct frame_head head, const void *payload, size_t size) {
  uint8_t *at = reserve(outbox, FRAME_HEAD + size + FRAME_TAIL);
  if (at == NULL) return false;
  if (size > 0) memcpy(at + FRAME_HEAD, payload, size);
  write_head(outbox, at, head, size);
  return true;
}

bool outbox_raw(struct outbox *outbox, const uint8_t *bytes, size_t size) {
  uint8_t *at = reserve(outbox, size);
  if (at == NULL) return false;
  memcpy(at, bytes, size);
  return true;
}

int outbox_flush(struct outbox *outbox, int descriptor) {
  while (outbox->head != NULL) {
    struct block *block = outbox->head;
    ssize_t wrote = write(descriptor, block->bytes + block->sent, block->size - block->sent);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno == EAGAIN ? 1 : -1;
    block->sent += (size_t)wrote;
    outbox->waiting -= (size_t)wrote;
    if (block->sent < block->size) continue;
    outbox->head = block->next;
    if (outbox->head == NULL) outbox->tail = NULL;
    if (outbox->spare == NULL) {
      outbox->spare = block;
      block->next = NULL;
      block->size = block->sent = 0;
    } else {
      free(block);
    }
  }
  return 0;
}

void outbox_clear(struct outbox *outbox) {
  while (outbox->head != NULL) {
    struct block *block = outbox->head;
    outbox->head = block->next;
    free(block);
  }
  free(outbox->spare);
  outbox->tail = outbox->spare = NULL;
  outbox->waiting = 0;
}
