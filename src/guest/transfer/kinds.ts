// Kinds of files by the type bits of their mode (inode(7)).
import { constants } from 'node:fs';
import type { EntryKind } from './entries.ts';

const KINDS: ReadonlyMap<number, EntryKind> = new Map([
  [constants.S_IFREG, 'file'],
  [constants.S_IFDIR, 'directory'],
  [constants.S_IFLNK, 'link'],
  [constants.S_IFIFO, 'fifo'],
  [constants.S_IFSOCK, 'socket'],
  [constants.S_IFCHR, 'character-device'],
  [constants.S_IFBLK, 'block-device'],
]);

export function kindOfMode(mode: number): EntryKind | undefined {
  return KINDS.get(mode & constants.S_IFMT);
}
