// The files of disks that are added to an instance, and of media for its CD drives. Each gets its name when it is whole,
// and is private until libvirt gives it to QEMU's user.
import { chmod, copyFile, constants as fsConstants, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '../base/index.ts';
import { explainWriteFailure, requireSpace } from './disk-space.ts';
import { isThere } from './presence.ts';
import {
  convertImage,
  createDiskWithQemu,
  growDisk,
  measureBytes,
  type QemuFile,
  type QemuImgOptions,
  readImageInfo,
} from './qemu-img.ts';
import { publish, temporaryFor } from './temporary.ts';

const PRIVATE = 0o600;
/** Some sectors of a CD. */
const BLANK_BYTES = 64 * 1024;

/** Makes `path` an empty qcow2 of `sizeBytes`, which takes no room yet. Throws `DISK_EXISTS`, `DISK_SPACE_EXHAUSTED`. */
export async function createBlankDisk(
  path: string,
  sizeBytes: number,
  options: QemuImgOptions = {},
): Promise<void> {
  await make(path, async (temporary) => {
    await createDiskWithQemu({ path: temporary, format: 'qcow2' }, sizeBytes, options);
  });
}

/** Makes `path` a qcow2 of its own with the content of `from`, grown to `sizeBytes`; gives the size it has. */
export async function copyDisk(
  from: QemuFile,
  path: string,
  sizeBytes: number | undefined,
  options: QemuImgOptions = {},
): Promise<number> {
  await requireSpace(dirname(path), await measureBytes(from, options), path);
  const { virtualSizeBytes } = await readImageInfo(from, options);
  const wanted = Math.max(virtualSizeBytes, sizeBytes ?? 0);
  await make(path, async (temporary) => {
    const to = { path: temporary, format: 'qcow2' } as const;
    await convertImage(from, to, options);
    if (wanted > virtualSizeBytes) await growDisk(to, wanted, options);
  });
  return wanted;
}

/** Makes `path` a copy of a CD; where the filesystem can, it takes no room. Gives its size. */
export async function copyMedium(from: string, path: string): Promise<number> {
  const { size } = await stat(from);
  await requireSpace(dirname(path), size, path);
  await make(path, async (temporary) => {
    await copyFile(from, temporary, fsConstants.COPYFILE_FICLONE | fsConstants.COPYFILE_EXCL);
  });
  return size;
}

/** Makes `path` a CD without anything on it. */
export async function createBlankMedium(path: string): Promise<void> {
  await make(path, async (temporary) => {
    await writeFile(temporary, Buffer.alloc(BLANK_BYTES), { flag: 'wx' });
  });
}

async function make(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  if (await isThere(path)) {
    throw new Fault('conflict', 'DISK_EXISTS', `There is a file at ${path} already`, {
      hint: 'Another instance, or an earlier try, left it; delete that instance.',
    });
  }
  const temporary = await temporaryFor(path);
  try {
    await write(temporary);
    await chmod(temporary, PRIVATE);
    await publish(temporary, path);
  } catch (error) {
    const fault = await explainWriteFailure(error, dirname(path), path);
    await rm(temporary, { force: true });
    throw fault;
  }
}
