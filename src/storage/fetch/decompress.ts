// Unpacking by content, not by name: gzip and zstd by Node, xz by the program of that name. Knows no image format.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Fault, isFault, throwIfCancelled } from '../../base/index.ts';
import { streamProgram } from '../../hostlink/index.ts';
import { type ByteRange, zstdFrames } from './zstd-frames.ts';

export type Compression = 'gzip' | 'xz' | 'zstd';

const MAGIC: readonly { readonly name: Compression | 'bzip2' | 'zip'; readonly bytes: RegExp }[] = [
  { name: 'gzip', bytes: /^1f8b08/ },
  { name: 'xz', bytes: /^fd377a585a00/ },
  { name: 'zstd', bytes: /^(?:28b52ffd|5.2a4d18)/ },
  { name: 'bzip2', bytes: /^425a683[1-9]/ },
  { name: 'zip', bytes: /^504b0304/ },
];
/** What an xz stream may make its reader allocate; the largest presets need 65 MiB a block. */
const XZ_MEMORY = '1GiB';
const CHUNK = 256 * 1024;

/** How the file at `path` is packed, or null. Throws `IMAGE_COMPRESSION_UNSUPPORTED` for bzip2 and zip. */
export async function compressionOf(path: string): Promise<Compression | null> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const start = buffer.toString('hex', 0, bytesRead);
    const name = MAGIC.find(({ bytes }) => bytes.test(start))?.name ?? null;
    if (name !== 'bzip2' && name !== 'zip') return name;
    throw new Fault('unsupported', 'IMAGE_COMPRESSION_UNSUPPORTED', `${path} is packed with ${name}`, {
      hint: 'Unpack it first; gzip, xz and zstd are unpacked on the way.',
    });
  } finally {
    await file.close();
  }
}

export interface DecompressOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onRead?: (bytes: number) => void;
}

/**
 * Unpacks `path` into `take`, which is called with each chunk in turn; what it throws goes through. `onRead` hears how many
 * packed bytes were read (not for xz). Throws `IMAGE_DECOMPRESSION_FAILED`, `PROGRAM_MISSING`, `CANCELLED`.
 */
export async function decompress(
  path: string,
  compression: Compression,
  take: (chunk: Buffer) => Promise<void>,
  options: DecompressOptions = {},
): Promise<void> {
  const { signal } = options;
  let refused: unknown;
  const sink = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      try {
        await take(chunk);
      } catch (error) {
        refused = error;
        throw error;
      }
    }
  };
  try {
    switch (compression) {
      case 'xz':
        return await sink(
          streamProgram('xz', ['-d', '-c', '-q', '-T0', '-M', XZ_MEMORY, '--', path], signal),
        );
      case 'gzip':
        return await unpack({ path }, createGunzip({ chunkSize: CHUNK }), sink, options);
      case 'zstd':
        for (const range of await zstdFrames(path)) {
          await unpack({ path, range }, createZstdDecompress({ chunkSize: CHUNK }), sink, options);
        }
        return;
      default:
        return compression satisfies never;
    }
  } catch (error) {
    if (refused !== undefined) throw refused;
    throwIfCancelled(signal, `${path} to be unpacked`);
    if (isFault(error) && !isFault(error, 'PROGRAM_FAILED', 'ZSTD_DAMAGED')) throw error;
    throw new Fault(
      'corrupt',
      'IMAGE_DECOMPRESSION_FAILED',
      `${path} is damaged: its ${compression} data end or break early`,
      {
        cause: error,
        hint: 'Fetch the image again and give its checksum.',
      },
    );
  }
}

/** Reads `path`, or one range of it, through an unpacker into the sink. */
async function unpack(
  file: { readonly path: string; readonly range?: ByteRange },
  unpacker: Transform,
  sink: (chunks: AsyncIterable<Buffer>) => Promise<void>,
  options: DecompressOptions,
): Promise<void> {
  const { path, range } = file;
  const where = range === undefined ? {} : { start: range.start, end: range.end - 1 };
  const packed = createReadStream(path, { highWaterMark: CHUNK, ...where });
  packed.on('data', () => options.onRead?.((range?.start ?? 0) + packed.bytesRead));
  await pipeline(packed, unpacker, sink, options.signal === undefined ? {} : { signal: options.signal });
}
