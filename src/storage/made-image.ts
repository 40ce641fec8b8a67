// Bringing a disk image that was made here into the store: checked like one that was fetched, and given its name last. Its
// digest is left to whoever asks for it: reading all of it again would take half as long as making it.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, constants as fsConstants, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoCode, MIB, throwIfCancelled } from '../base/index.ts';
import type { DiskFormat } from '../model/index.ts';
import { explainWriteFailure } from './disk-space.ts';
import { publish, sync, temporaryFor } from './temporary.ts';
import { verifyImage } from './verify-image.ts';

export interface MadeImage {
  /** The finished file, a qcow2 without a backing file. It is moved, not copied, where it lies on the same filesystem. */
  readonly file: string;
  /** Where images are stored. */
  readonly directory: string;
  /** The image's id, and its file's name. */
  readonly id: string;
  /** What messages call it. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

export interface StoredImage {
  readonly path: string;
  readonly diskFormat: DiskFormat;
  readonly sizeBytes: number;
  readonly virtualSizeBytes: number;
}

const FILE_MODE = 0o444;

/** Stores it as `<directory>/<id>` (mode 0444). Throws what `verifyImage` throws, and `DISK_SPACE_EXHAUSTED`. */
export async function storeMadeImage(made: MadeImage): Promise<StoredImage> {
  const { file, directory, id, name, signal } = made;
  const path = join(directory, id);
  const verified = await verifyImage({ path: file, diskFormat: 'qcow2', name, signal });
  await sync(file);
  await chmod(file, FILE_MODE);
  throwIfCancelled(signal, name);
  await moveInto(file, path);
  return { path, ...verified };
}

/** Lower-case hex. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  const stream = createReadStream(file, { highWaterMark: MIB });
  try {
    for await (const chunk of stream) {
      if (Buffer.isBuffer(chunk)) hash.update(chunk);
    }
  } finally {
    stream.destroy();
  }
  return hash.digest('hex');
}

/** The store may lie on another filesystem than the guests' disks. */
async function moveInto(file: string, path: string): Promise<void> {
  try {
    await rename(file, path);
    await sync(dirname(path));
  } catch (error) {
    if (errnoCode(error) !== 'EXDEV') throw error;
    const temporary = await temporaryFor(path);
    try {
      await copyFile(file, temporary, fsConstants.COPYFILE_EXCL);
      await publish(temporary, path);
      await rm(file, { force: true });
    } catch (failure) {
      const fault = await explainWriteFailure(failure, dirname(path), path);
      await rm(temporary, { force: true });
      throw fault;
    }
  }
}
