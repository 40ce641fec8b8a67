// What inspection reads from: a size, and bytes at a place. Knows no image format.
import { open } from 'node:fs/promises';
import { errnoCode, Fault } from '../../base/index.ts';

/** Something with a known size whose bytes can be read anywhere. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** At most `length` bytes from `offset` on; fewer only where the source ends. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A source over bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    sizeBytes: all.length,
    read: async (offset, length) => all.subarray(offset, offset + length),
  };
}

/**
 * Opens `path` read-only, lends it to `work` as a source and closes it. Throws `FILE_MISSING`, `FILE_DENIED` or
 * `FILE_NOT_REGULAR`.
 */
export async function withFileSource<T>(path: string, work: (source: ByteSource) => Promise<T>): Promise<T> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw openFault(path, error);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) {
      throw new Fault('invalid', 'FILE_NOT_REGULAR', `${path} is not a regular file`, {
        hint: 'Give the path of an image file.',
      });
    }
    return await work({
      sizeBytes: stat.size,
      read: async (offset, length) => {
        const buffer = Buffer.alloc(Math.max(0, Math.min(length, stat.size - offset)));
        let got = 0;
        while (got < buffer.length) {
          const { bytesRead } = await file.read(buffer, got, buffer.length - got, offset + got);
          if (bytesRead === 0) break; // it shrank while we looked
          got += bytesRead;
        }
        return buffer.subarray(0, got);
      },
    });
  } finally {
    await file.close();
  }
}

/** Says in our words why a file could not be opened for reading. */
export function openFault(path: string, error: unknown): unknown {
  switch (errnoCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new Fault('not-found', 'FILE_MISSING', `There is no file ${path}`, {
        cause: error,
        hint: 'Check the path.',
      });
    case 'EACCES':
    case 'EPERM':
      return new Fault('denied', 'FILE_DENIED', `No permission to read ${path}`, {
        cause: error,
        hint: 'Run as a user who may read the file, or change its permissions.',
      });
    default:
      return error;
  }
}
