// The disks of one instance: files in its directory, over bases of the cache. Names and sizes follow Nova
// (imagebackend.py, driver.py). A function that fails leaves no file behind.

import { rm, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault, formatBytes, GIB } from '../base/index.ts';
import type { BaseCache, DiskBase, PrepareOptions } from './base-cache.ts';
import { explainWriteFailure, requireSpace } from './disk-space.ts';
import type { EphemeralFilesystem } from './filesystems.ts';
import { claimFile, writeOverlay } from './qcow2-overlay.ts';
import { convertImage, measureBytes } from './qemu-img.ts';

/**
 * How large a root disk is: the flavor's, or the image's where the flavor says 0. Throws `FLAVOR_DISK_SMALLER_THAN_IMAGE`.
 */
export function rootDiskBytes(
  flavor: { readonly name: string; readonly rootGiB: number },
  image: { readonly name: string; readonly virtualSizeBytes: number },
): number {
  const wanted = flavor.rootGiB * GIB;
  if (wanted === 0 || wanted === image.virtualSizeBytes) return image.virtualSizeBytes;
  if (wanted > image.virtualSizeBytes) return wanted;
  throw new Fault(
    'invalid',
    'FLAVOR_DISK_SMALLER_THAN_IMAGE',
    `Flavor ${flavor.name} has a root disk of ${flavor.rootGiB} GiB, and image ${image.name} needs ${formatBytes(image.virtualSizeBytes)}`,
    {
      hint: `Choose a flavor with a root disk of at least ${Math.ceil(image.virtualSizeBytes / GIB)} GiB.`,
      details: { rootBytes: wanted, imageBytes: image.virtualSizeBytes },
    },
  );
}

/** Makes `path` an empty qcow2 over `base`: no program is started and nothing is copied. */
export async function createRootOverlay(
  path: string,
  base: DiskBase,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<void> {
  await writeOverlay(path, base, sizeBytes, signal);
}

/** Makes `path` a raw disk of its own with the base's content, grown to `sizeBytes`; holes stay holes. */
export async function createRootCopy(
  path: string,
  base: DiskBase,
  sizeBytes: number,
  options: PrepareOptions = {},
): Promise<void> {
  const directory = dirname(path);
  await requireSpace(directory, await measureBytes(base, options), path);
  await claimFile(path);
  try {
    await convertImage(base, { path, format: 'raw' }, options);
    await truncate(path, Math.max(sizeBytes, base.virtualSizeBytes));
  } catch (error) {
    const fault = await explainWriteFailure(error, directory, path);
    await rm(path, { force: true });
    throw fault;
  }
}

export interface EphemeralRequest {
  /** Absolute; must not be there yet. */
  readonly path: string;
  readonly sizeGiB: number;
  readonly filesystem: EphemeralFilesystem;
  /** 0 gives the label `ephemeral0`. */
  readonly index: number;
}

/** Makes an empty disk with a filesystem: a qcow2 over a cached base. */
export async function createEphemeral(
  cache: BaseCache,
  request: EphemeralRequest,
  options: PrepareOptions = {},
): Promise<void> {
  const base = await cache.prepareEphemeral(request, options);
  await writeOverlay(request.path, base, base.virtualSizeBytes, options.signal);
}

/** Makes a swap disk: a qcow2 over a cached base. */
export async function createSwap(
  cache: BaseCache,
  request: { readonly path: string; readonly sizeMiB: number },
  options: PrepareOptions = {},
): Promise<void> {
  const base = await cache.prepareSwap(request.sizeMiB, options);
  await writeOverlay(request.path, base, base.virtualSizeBytes, options.signal);
}
