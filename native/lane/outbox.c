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
#define BLOCKS_AT_ONCE 8
#define SPARES_MOST 9  // to free and allocate them again would have the kernel clear their pages every time

static struct block *fresh(struct outbox *outbox) {
  struct block *block = outbox->spares;
  if (block != NULL) {
    outbox->spares = block->next;
    outbox->spare_count--;
  } else {
    block = malloc(sizeof *block);
  }
  if (block == NULL) return NULL;
  block->next = NULL;
  block->size = block->sent = 0;
  return block;
}

static void retire(struct outbox *outbox, struct block *block) {
  if (outbox->spare_count >= SPARES_MOST) {
    free(block);
    return;
  }
  block->next = outbox->spares;
  outbox->spares = block;
  outbox->spare_count++;
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

bool outbox_has_room(const struct outbox *outbox) { return outbox->waiting <= ROOM - BLOCK_MOST; }

size_t outbox_room(const struct outbox *outbox) {
  return outbox_has_room(outbox) ? (ROOM - outbox->waiting) / BLOCK_MOST * PAYLOAD_MOST : 0;
}

int outbox_payloads(struct outbox *outbox, struct iovec payloads[PAYLOADS_MOST], size_t most) {
  int count = 0;
  for (struct block **link = &outbox->spares; most > 0 && count < PAYLOADS_MOST; link = &(*link)->next) {
    if (*link == NULL) {
      struct block *block = malloc(sizeof *block);
      if (block == NULL) break;
      block->next = NULL;
      *link = block;
      outbox->spare_count++;
    }
    size_t size = most < PAYLOAD_MOST ? most : PAYLOAD_MOST;
    payloads[count++] = (struct iovec){.iov_base = (*link)->bytes + FRAME_HEAD, .iov_len = size};
    most -= size;
  }
  return count;
}

bool outbox_commit(struct outbox *outbox, struct frame_head head, size_t size) {
  struct block *block = fresh(outbox);  // the first that outbox_payloads gave
  if (size < WORTH_KEEPING) {
    bool added = outbox_add(outbox, head, block->bytes + FRAME_HEAD, size);
    retire(outbox, block);
    return added;
  }
  write_head(outbox, block->bytes, head, size);
  block->size = FRAME_HEAD + size + FRAME_TAIL;
  outbox->waiting += block->size;
  link_block(outbox, block);
  return true;
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

static void sent(struct outbox *outbox, size_t size) {
  outbox->waiting -= size;
  while (size > 0) {
    struct block *block = outbox->head;
    size_t left = block->size - block->sent;
    if (size < left) {
      block->sent += size;
      return;
    }
    size -= left;
    outbox->head = block->next;
    if (outbox->head == NULL) outbox->tail = NULL;
    retire(outbox, block);
  }
}

int outbox_flush(struct outbox *outbox, int descriptor) {
  while (outbox->head != NULL) {
    // A driver that takes one block a call is called for each within one system call.
    struct iovec parts[BLOCKS_AT_ONCE];
    int count = 0;
    for (struct block *block = outbox->head; block != NULL && count < BLOCKS_AT_ONCE; block = block->next) {
      parts[count++] = (struct iovec){.iov_base = block->bytes + block->sent, .iov_len = block->size - block->sent};
    }
    ssize_t wrote = writev(descriptor, parts, count);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno == EAGAIN ? 1 : -1;
    sent(outbox, (size_t)wrote);
  }
  return 0;
}

static void free_all(struct block *block) {
  while (block != NULL) {
    struct block *next = block->next;
    free(block);
    block = next;
  }
}

void outbox_clear(struct outbox *outbox) {
  free_all(outbox->head);
  free_all(outbox->spares);
  outbox->head = outbox->tail = outbox->spares = NULL;
  outbox->waiting = outbox->spare_count = 0;
}
