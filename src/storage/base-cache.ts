// The cache of read-only bases that instances' disks lie over: `_base/`. Names follow Nova (imagebackend.py, imagecache.py).
// A base is made once, under a temporary name, and renamed when whole; nothing ever writes to it again.
import { createHash } from 'node:crypto';
import { chmod, copyFile, constants as fsConstants, link, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, Fault, GIB, KeyedMutex, MIB } from '../base/index.ts';
import { makeDirectory } from '../hostlink/index.ts';
import type { DiskFormat } from '../model/index.ts';
import { explainWriteFailure, requireSpace } from './disk-space.ts';
import { type EphemeralFilesystem, makeFilesystem, makeSwap } from './filesystems.ts';
import { inspectImage, requireSafeImage } from './inspection/index.ts';
import { isThere } from './presence.ts';
import { convertImage, measureBytes, type QemuFormat, qemuFormatOf } from './qemu-img.ts';
import { publish, sweepTemporaries, temporaryFor } from './temporary.ts';
import { verifyImage } from './verify-image.ts';

/** A file that overlays lie over. */
export interface DiskBase {
  /** Absolute. */
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  readonly virtualSizeBytes: number;
}

/** What the cache must know of an image; `path` is the stored file. */
export interface BaseSource {
  readonly id: string;
  readonly path: string;
  readonly diskFormat: DiskFormat;
  /** What messages call it. */
  readonly name: string;
}

export interface PrepareOptions {
  readonly signal?: AbortSignal | undefined;
  /** From 0 to 1, while an image is converted; not called on a hit. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

const BASE_MODE = 0o444;

export class BaseCache {
  readonly #directory: string;
  readonly #form: 'raw' | 'qcow2';
  readonly #making = new KeyedMutex();

  /**
   * `directory` is made when it is first needed. `form` is what images become: `raw`, as Nova's force_raw_images does (a guest
   * reads it about as fast as the host can), or `qcow2` without compression, which takes no holes to be sparse.
   */
  constructor(directory: string, form: 'raw' | 'qcow2' = 'raw') {
    this.#directory = directory;
    this.#form = form;
  }

  /**
   * The base of an image, made on first use; concurrent calls in one process make it once. A raw image and a CD are linked,
   * not copied. Throws what `verifyImage` and `convertImage` throw, `DISK_SPACE_EXHAUSTED`, `IMAGE_NOT_A_DISK`.
   */
  async prepareBase(image: BaseSource, options: PrepareOptions = {}): Promise<DiskBase> {
    const form = this.#formOf(image);
    const path = this.#basePath(image.id, form);
    const make = async (temporary: string) => {
      if (qemuFormatOf(image.diskFormat) === 'raw') await linkOrCopy(image.path, temporary);
      else await this.#convert(image, { path: temporary, format: form }, options);
    };
    await this.#once(path, make, options.signal);
    return await readBase(path, form, image.name);
  }

  /** The base of an image when it is there already; makes nothing. Throws `IMAGE_NOT_A_DISK`. */
  async findBase(image: BaseSource): Promise<DiskBase | undefined> {
    const form = this.#formOf(image);
    const path = this.#basePath(image.id, form);
    return (await isThere(path)) ? await readBase(path, form, image.name) : undefined;
  }

  /** The base of an ephemeral disk: `ephemeral_<GiB>_<filesystem>`, with the index after it where that is not 0. */
  async prepareEphemeral(
    disk: { readonly sizeGiB: number; readonly filesystem: EphemeralFilesystem; readonly index: number },
    options: PrepareOptions = {},
  ): Promise<DiskBase> {
    const { sizeGiB, filesystem, index } = disk;
    const name = `ephemeral_${sizeGiB}_${filesystem}${index === 0 ? '' : `_${index}`}`;
    const facts = { filesystem, label: `ephemeral${index}` };
    const path = join(this.#directory, name);
    const make = (temporary: string) => makeFilesystem(temporary, sizeGiB * GIB, facts, options.signal);
    await this.#once(path, make, options.signal);
    return { path, format: 'raw', virtualSizeBytes: sizeGiB * GIB };
  }

  /** The base of a swap disk: `swap_<MiB>`. */
  async prepareSwap(sizeMiB: number, options: PrepareOptions = {}): Promise<DiskBase> {
    const path = join(this.#directory, `swap_${sizeMiB}`);
    await this.#once(path, (temporary) => makeSwap(temporary, sizeMiB * MIB, options.signal), options.signal);
    return { path, format: 'raw', virtualSizeBytes: sizeMiB * MIB };
  }

  /** Whether `path` is where an image's base lies, or would lie. */
  isBaseOf(imageId: string, path: string): boolean {
    return path === this.#basePath(imageId, 'raw') || path === this.#basePath(imageId, 'qcow2');
  }

  /** Removes an image's base. The caller knows that no instance lies over it. */
  async removeBase(imageId: string): Promise<void> {
    for (const form of ['raw', 'qcow2'] as const) await rm(this.#basePath(imageId, form), { force: true });
  }

  /** Removes what killed processes left unfinished; gives the names. */
  async sweep(): Promise<readonly string[]> {
    return await sweepTemporaries(this.#directory);
  }

  #basePath(imageId: string, form: 'raw' | 'qcow2'): string {
    const name = createHash('sha1').update(imageId).digest('hex');
    return join(this.#directory, form === 'raw' ? name : `${name}.qcow2`);
  }

  #formOf(image: BaseSource): 'raw' | 'qcow2' {
    const format = qemuFormatOf(image.diskFormat);
    if (format !== null) return format === 'raw' ? 'raw' : this.#form;
    throw new Fault('invalid', 'IMAGE_NOT_A_DISK', `${image.name} is a kernel or a ramdisk, not a disk`, {
      hint: 'Launch from an image that holds a disk.',
    });
  }

  async #convert(
    image: BaseSource,
    to: { readonly path: string; readonly format: QemuFormat },
    options: PrepareOptions,
  ): Promise<void> {
    const { signal } = options;
    const { path, name, diskFormat } = image;
    const verified = await verifyImage({ path, diskFormat, name, signal });
    const from = { path, format: qemuFormatOf(verified.diskFormat) ?? 'raw' };
    const need = await measureBytes(from, { signal });
    await requireSpace(this.#directory, need, `the base of ${name}`);
    await convertImage(from, to, options);
  }

  /** Runs `make` unless the base is there; the rename makes a race between two processes harmless. */
  async #once(
    path: string,
    make: (temporary: string) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (await isThere(path)) return;
    const work = async () => {
      if (await isThere(path)) return;
      await makeDirectory(this.#directory, 0o711);
      const temporary = await temporaryFor(path);
      try {
        await make(temporary);
        await chmod(temporary, BASE_MODE);
        await publish(temporary, path);
      } catch (error) {
        const fault = await explainWriteFailure(error, this.#directory, path);
        await rm(temporary, { force: true });
        throw fault;
      }
    };
    await this.#making.run(path, work, signal);
  }
}

/** A base in qcow2 is looked at again each time: its header decides what QEMU opens. */
async function readBase(path: string, format: 'raw' | 'qcow2', name: string): Promise<DiskBase> {
  if (format === 'raw') return { path, format, virtualSizeBytes: (await stat(path)).size };
  const inspection = await inspectImage(path);
  requireSafeImage(inspection, format, `the base of ${name}`);
  return { path, format, virtualSizeBytes: inspection.virtualSizeBytes };
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'EMLINK', 'EOPNOTSUPP'].includes(errnoCode(error) ?? '')) throw error;
    await copyFile(from, to, fsConstants.COPYFILE_FICLONE | fsConstants.COPYFILE_EXCL);
  }
}
