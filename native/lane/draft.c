// Long fields, one order's at a time: a host end that sends two at once would only need more memory here.
#include "draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool draft_add(struct draft *draft, uint32_t channel, const uint8_t *payload, size_t size) {
  if ((draft->channel != 0 && draft->channel != channel) || size > ORDER_MOST - draft->size) {
    errno = EPROTO;
    return false;
  }
  if (draft->room - draft->size < size) {
    size_t room = 2 * (draft->size + size);
    uint8_t *bytes = realloc(draft->bytes, room);
    if (bytes == NULL) return false;
    draft->bytes = bytes;
    draft->room = room;
  }
  if (size > 0) memcpy(draft->bytes + draft->size, payload, size);
  draft->size += size;
  draft->channel = channel;
  return true;
}

void draft_drop(struct draft *draft) {
  free(draft->bytes);
  *draft = (struct draft){.channel = 0};
}
