// Bringing an image into the store: from a file or a URL, checked against its checksum, unpacked, inspected, and only then
// given its name. What is stored is never half an image, and never one that QEMU must not open.
import { createReadStream } from 'node:fs';
import { chmod, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, Fault, formatBytes, GIB, isFault, MIB, throwIfCancelled } from '../../base/index.ts';
import { makeDirectory } from '../../hostlink/index.ts';
import type { DiskFormat } from '../../model/index.ts';
import { explainWriteFailure } from '../disk-space.ts';
import { publish, temporaryFor } from '../temporary.ts';
import { verifyImage } from '../verify-image.ts';
import { type Digest, parseChecksum } from './checksum.ts';
import { type Compression, compressionOf, decompress } from './decompress.ts';
import { type DownloadOptions, download } from './download.ts';
import { openSource, resolveChecksum } from './expected-digest.ts';
import { Hashes } from './hashes.ts';
import { type ImageSource, parseUrl } from './image-source.ts';
import { claimPart, partPath, removePart, removePartRecord } from './part-file.ts';
import { SparseFile } from './sparse-file.ts';

export interface FetchProgress {
  readonly stage: 'download' | 'check' | 'unpack' | 'copy';
  readonly bytes: number;
  /** Null where nobody knows. */
  readonly totalBytes: number | null;
}

export interface FetchRequest {
  readonly source: ImageSource;
  /** Where images are stored; made when missing (0711). */
  readonly directory: string;
  /** The image's id, and its file's name; `findResumableId` knows one that goes on with an earlier download. */
  readonly id: string;
  /** What messages call it. */
  readonly name: string;
  /** As `parseChecksum` reads it; of the file as it is given, before unpacking. */
  readonly checksum?: string | undefined;
  /** Undefined: what the content says. Kernels (`aki`) and ramdisks (`ari`) are stored as they are. */
  readonly diskFormat?: DiskFormat | undefined;
}

export interface FetchOptions extends Partial<Omit<DownloadOptions, 'onProgress' | 'mayLeaveTls'>> {
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  /** Runs what copies or unpacks the image; a caller may have it wait for others. Not called where nothing is to be written. */
  readonly inTurn?: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface FetchedImage {
  readonly path: string;
  readonly diskFormat: DiskFormat;
  /** Bytes of the stored file. */
  readonly sizeBytes: number;
  readonly virtualSizeBytes: number;
  /** Lower-case hex, of the stored file. */
  readonly sha256: string;
  /** How the source was packed, or null. */
  readonly compression: Compression | null;
}

const MAX_BYTES = 512 * GIB;
const RESERVE_BYTES = 256 * MIB;
const FILE_MODE = 0o444;

/**
 * Fetches an image and stores it as `<directory>/<id>` (mode 0444). Limits: `maxBytes` bounds the file and what it unpacks to,
 * `reserveBytes` stay free on the disk. On failure nothing stays but a part file that a later call goes on with. Throws
 * `CHECKSUM_MISMATCH`, `CHECKSUM_INVALID`, `CHECKSUM_NOT_LISTED`, `IMAGE_TOO_LARGE`, `IMAGE_EXISTS`, `IMAGE_FETCH_IN_PROGRESS`,
 * and what `download`, `decompress` and `verifyImage` throw.
 */
export async function fetchImage(request: FetchRequest, options: FetchOptions = {}): Promise<FetchedImage> {
  const { directory, id, source } = request;
  const path = join(directory, id);
  const checksum = request.checksum === undefined ? undefined : parseChecksum(request.checksum);
  await prepareDirectory(directory);
  await requireFree(path, request.name);
  const expected = await resolveChecksum(checksum, source, options);
  if (source.kind === 'file') return await store(source.path, path, { request, expected, options });
  const part = partPath(directory, id);
  await claimPart(part);
  const url = parseUrl(source.url);
  await download(url, part, {
    ...options,
    maxBytes: options.maxBytes ?? MAX_BYTES,
    reserveBytes: options.reserveBytes ?? RESERVE_BYTES,
    mayLeaveTls: expected !== undefined,
    onProgress: (bytes, totalBytes) => options.onProgress?.({ stage: 'download', bytes, totalBytes }),
  });
  try {
    return await store(part, path, { request, expected, options });
  } catch (error) {
    if (!isFault(error, 'CANCELLED')) await removePart(part);
    throw error;
  }
}

interface StoreFacts {
  readonly request: FetchRequest;
  readonly expected: Digest | undefined;
  readonly options: FetchOptions;
}

async function store(from: string, path: string, facts: StoreFacts): Promise<FetchedImage> {
  const { request, options, expected } = facts;
  const { inTurn = (work) => work() } = options;
  const { name, diskFormat, source } = request;
  const isDisk = diskFormat !== 'aki' && diskFormat !== 'ari';
  const isOurs = source.kind === 'url';
  const temporary = await temporaryFor(path);
  try {
    const compression = await openSource(from, isDisk ? compressionOf : async () => null);
    if (compression !== null && expected !== undefined) await checkSource(from, facts);
    const whole = isOurs && compression === null;
    const sha256 = whole
      ? await checkSource(from, facts)
      : await inTurn(() =>
          fill(from, temporary, {
            compression,
            expected: compression === null ? expected : undefined,
            facts,
          }),
        );
    const file = whole ? from : temporary;
    const verified = await verifyImage({ path: file, diskFormat, name, signal: options.signal });
    await chmod(file, FILE_MODE);
    throwIfCancelled(options.signal, name);
    await publish(file, path);
    if (isOurs) await (whole ? removePartRecord(from) : removePart(from));
    return { path, sha256, compression, ...verified };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Reads the source once: its SHA-256, after comparing with what was expected. */
async function checkSource(from: string, { expected, options, request }: StoreFacts): Promise<string> {
  const { size: totalBytes } = await stat(from);
  const hashes = new Hashes(expected);
  let bytes = 0;
  for await (const chunk of chunksOf(from, options.signal)) {
    hashes.add(chunk);
    bytes += chunk.length;
    options.onProgress?.({ stage: 'check', bytes, totalBytes });
  }
  return hashes.finish(request.name);
}

/** Copies or unpacks the source into `temporary`; gives the SHA-256 of what was written. */
async function fill(
  from: string,
  temporary: string,
  how: { compression: Compression | null; expected: Digest | undefined; facts: StoreFacts },
): Promise<string> {
  const { request, options } = how.facts;
  const { directory, name } = request;
  const { onProgress, signal } = options;
  const maxBytes = options.maxBytes ?? MAX_BYTES;
  const reserveBytes = options.reserveBytes ?? RESERVE_BYTES;
  const hashes = new Hashes(how.expected);
  const totalBytes = (await stat(from)).size;
  const file = await open(temporary, 'wx', 0o600);
  const sparse = new SparseFile(file, { position: 0, directory, reserveBytes, what: name });
  const take = async (chunk: Buffer) => {
    if (sparse.sizeBytes + chunk.length > maxBytes) throw unpacksTooLarge(name, maxBytes);
    hashes.add(chunk);
    await sparse.write(chunk);
    if (how.compression === null) onProgress?.({ stage: 'copy', bytes: sparse.sizeBytes, totalBytes });
    if (how.compression === 'xz')
      onProgress?.({ stage: 'unpack', bytes: sparse.sizeBytes, totalBytes: null });
  };
  const onRead = (bytes: number) => onProgress?.({ stage: 'unpack', bytes, totalBytes });
  try {
    if (how.compression !== null) await decompress(from, how.compression, take, { signal, onRead });
    else for await (const chunk of chunksOf(from, signal)) await take(chunk);
    await sparse.finish();
  } catch (error) {
    throw await explainWriteFailure(error, directory, name);
  } finally {
    await file.close();
  }
  return hashes.finish(name);
}

async function* chunksOf(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const stream = createReadStream(path, { highWaterMark: MIB / 2 });
  try {
    for await (const chunk of stream) {
      throwIfCancelled(signal, path);
      if (Buffer.isBuffer(chunk)) yield chunk;
    }
  } finally {
    stream.destroy();
  }
}

async function prepareDirectory(directory: string): Promise<void> {
  try {
    await makeDirectory(directory, 0o711);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(errnoCode(error) ?? '')) throw error;
    throw new Fault('denied', 'STATE_DENIED', `No permission to write in ${directory}`, {
      cause: error,
      hint: 'Run as root, or set a state directory of your own in the configuration.',
    });
  }
}

async function requireFree(path: string, name: string): Promise<void> {
  try {
    await stat(path);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return;
    throw error;
  }
  throw new Fault('conflict', 'IMAGE_EXISTS', `There is an image stored at ${path} already`, {
    hint: `Remove it first: novalet image remove ${name}`,
  });
}

function unpacksTooLarge(name: string, maxBytes: number): Fault {
  return new Fault('invalid', 'IMAGE_TOO_LARGE', `${name} is larger than ${formatBytes(maxBytes)}`, {
    hint: 'Check that it is the right file: no image may be larger than that.',
    details: { maxBytes },
  });
}
