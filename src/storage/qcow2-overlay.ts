// Writing an empty qcow2 over a base: a header, a refcount table, one refcount block and an L1 table of zeroes, four
// small writes instead of a process. Rules: QEMU, docs/interop/qcow2.txt, version 3. qemu-img is its witness in the tests.
import { open, rm } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { errnoCode, Fault, throwIfCancelled } from '../base/index.ts';
import { explainWriteFailure } from './disk-space.ts';

export interface OverlayBase {
  /** Absolute; stored in the overlay as it is. */
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
}

const CLUSTER_BITS = 16;
const CLUSTER = 2 ** CLUSTER_BITS;
/** What one L1 entry covers: a cluster full of L2 entries of eight bytes, each for one cluster. */
const L1_ENTRY_COVERS = (CLUSTER / 8) * CLUSTER;
const HEADER_BYTES = 112;
const BACKING_FORMAT_EXTENSION = 0xe2792aca;
const MAX_BACKING_NAME = 1023;
/** One refcount block of 16-bit counts describes this many clusters, far more than an empty image has. */
const MAX_L1_CLUSTERS = 512;
const SECTOR = 512;

/**
 * Makes `path` (mode 0600) an empty qcow2 of at least `sizeBytes`, rounded up to whole sectors, over `base`. Throws
 * `DISK_EXISTS`, `DISK_TOO_LARGE`, `PATH_NOT_USABLE`, `DISK_SPACE_EXHAUSTED`; a file that was begun is removed.
 */
export async function writeOverlay(
  path: string,
  base: OverlayBase,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<void> {
  throwIfCancelled(signal, path);
  const parts = overlayParts(base, sizeBytes);
  const file = await createNew(path);
  try {
    await file.truncate(parts.fileBytes);
    for (const { at, bytes } of parts.writes) await file.write(bytes, 0, bytes.length, at);
    await file.datasync();
    throwIfCancelled(signal, path);
  } catch (error) {
    const fault = await explainWriteFailure(error, dirname(path), path);
    await rm(path, { force: true });
    throw fault;
  } finally {
    await file.close();
  }
}

interface OverlayParts {
  readonly fileBytes: number;
  /** Everything else in the file is zero. */
  readonly writes: readonly { readonly at: number; readonly bytes: Buffer }[];
}

/** The bytes of an empty overlay: clusters are header, refcount table, refcount block, L1 table. */
export function overlayParts(base: OverlayBase, sizeBytes: number): OverlayParts {
  const size = Math.ceil(sizeBytes / SECTOR) * SECTOR;
  const l1Entries = Math.max(1, Math.ceil(size / L1_ENTRY_COVERS));
  const l1Clusters = Math.ceil((l1Entries * 8) / CLUSTER);
  if (!Number.isSafeInteger(size) || size <= 0 || l1Clusters > MAX_L1_CLUSTERS) {
    throw new Fault('invalid', 'DISK_TOO_LARGE', `A disk of ${sizeBytes} bytes cannot be made`, {
      hint: 'Choose a size between one byte and two PiB.',
    });
  }
  const clusters = 3 + l1Clusters;
  const table = Buffer.alloc(8);
  table.writeBigUInt64BE(BigInt(2 * CLUSTER));
  const counts = Buffer.alloc(clusters * 2);
  for (let index = 0; index < clusters; index += 1) counts.writeUInt16BE(1, index * 2);
  return {
    fileBytes: clusters * CLUSTER,
    writes: [
      { at: 0, bytes: header(base, size, l1Entries) },
      { at: CLUSTER, bytes: table },
      { at: 2 * CLUSTER, bytes: counts },
    ],
  };
}

function header(base: OverlayBase, size: number, l1Entries: number): Buffer {
  const name = Buffer.from(base.path, 'utf8');
  if (!isAbsolute(base.path) || name.length > MAX_BACKING_NAME || name.includes(0)) {
    throw new Fault('invalid', 'PATH_NOT_USABLE', `A disk cannot be based on the path ${base.path}`, {
      hint: 'Use a shorter, absolute state directory.',
    });
  }
  const extension = backingFormat(base.format);
  const nameAt = HEADER_BYTES + extension.length + 8; // eight zero bytes end the extensions
  const bytes = Buffer.alloc(nameAt + name.length);
  bytes.write('QFI\xfb', 0, 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeBigUInt64BE(BigInt(nameAt), 8);
  bytes.writeUInt32BE(name.length, 16);
  bytes.writeUInt32BE(CLUSTER_BITS, 20);
  bytes.writeBigUInt64BE(BigInt(size), 24);
  bytes.writeUInt32BE(l1Entries, 36);
  bytes.writeBigUInt64BE(BigInt(3 * CLUSTER), 40);
  bytes.writeBigUInt64BE(BigInt(CLUSTER), 48);
  bytes.writeUInt32BE(1, 56); // clusters of the refcount table
  bytes.writeUInt32BE(4, 96); // refcounts of 2^4 bits
  bytes.writeUInt32BE(HEADER_BYTES, 100);
  extension.copy(bytes, HEADER_BYTES);
  name.copy(bytes, nameAt);
  return bytes;
}

function backingFormat(format: string): Buffer {
  const bytes = Buffer.alloc(8 + Math.ceil(format.length / 8) * 8);
  bytes.writeUInt32BE(BACKING_FORMAT_EXTENSION, 0);
  bytes.writeUInt32BE(format.length, 4);
  bytes.write(format, 8, 'latin1');
  return bytes;
}

/** Makes the empty file that a disk will be (mode 0600). Throws `DISK_EXISTS`, `DISK_SPACE_EXHAUSTED`. */
export async function claimFile(path: string): Promise<void> {
  await (await createNew(path)).close();
}

async function createNew(path: string): ReturnType<typeof open> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw await explainWriteFailure(error, dirname(path), path);
    throw new Fault('conflict', 'DISK_EXISTS', `There is a file at ${path} already`, {
      cause: error,
      hint: 'Another instance, or an earlier try, left it; delete that instance.',
    });
  }
}
