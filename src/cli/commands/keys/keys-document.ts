// Keys of a guest's user as a document. Comments and lines were written in the guest.
import type { KeysChanged } from '../../../compute/index.ts';
import { formatTable } from '../../table.ts';

export const KEYS_USER = "whose keys (default: the image's administrator, or root)";

export function keysDocument(ref: string, { user, via, keys }: KeysChanged) {
  return {
    data: { instance: ref, user, via, keys: keys.map((key) => ({ ...key })) },
    text: () =>
      formatTable({
        head: ['FINGERPRINT', 'TYPE', 'COMMENT'],
        rows: keys.map(({ fingerprint, type, comment }) => [fingerprint, type, comment]),
      }),
  };
}

/** `2 keys`, `1 key`, `no keys`. */
export function keyCount(count: number): string {
  return count === 1 ? '1 key' : `${count === 0 ? 'no' : count} keys`;
}
