// A copy of a save image with another head, for a libvirt that wants a file of its own.
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errnoCode, throwIfCancelled } from '../../base/index.ts';
import { explainWriteFailure } from '../disk-space.ts';
import type { SaveImage } from './read-save-image.ts';

const PIECE = 1024 * 1024;
/** How filesystems say that they share no blocks, or not between these two places. */
const CANNOT_SHARE: ReadonlySet<string> = new Set([
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'ENOTTY',
  'EINVAL',
  'EXDEV',
]);

/**
 * Writes `head`, and the image's stream after it, to the new file `path` (mode 0600): sharing the blocks where the filesystem
 * can and the head has kept its length. A file that was begun is removed. Throws `DISK_SPACE_EXHAUSTED`.
 */
export async function copySaveImage(
  image: SaveImage,
  head: Buffer,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  throwIfCancelled(signal, path);
  try {
    if (head.length !== image.streamOffset || !(await cloneWith(image, head, path))) {
      const stream = createReadStream(image.path, { start: image.streamOffset, highWaterMark: PIECE });
      const target = createWriteStream(path, { flags: 'w', mode: 0o600, highWaterMark: PIECE });
      target.write(head);
      await pipeline(stream, target, signal === undefined ? {} : { signal });
    }
  } catch (error) {
    const fault = await explainWriteFailure(error, dirname(path), path);
    await rm(path, { force: true });
    throwIfCancelled(signal, path);
    throw fault;
  }
}

/** Whether the filesystem could share the blocks. */
async function cloneWith(image: SaveImage, head: Buffer, path: string): Promise<boolean> {
  try {
    await copyFile(image.path, path, constants.COPYFILE_FICLONE_FORCE);
  } catch (error) {
    if (CANNOT_SHARE.has(errnoCode(error) ?? '')) return false;
    throw error;
  }
  await chmod(path, 0o600); // the image is read-only, and so is its copy at first
  const file = await open(path, 'r+');
  try {
    await file.write(head, 0, head.length, 0);
  } finally {
    await file.close();
  }
  return true;
}
