// The bytes of an export as they come, from a file or from somebody's stream. Whoever cancels does not wait for more of them.
import { open } from 'node:fs/promises';
import { errnoCode, Fault, within } from '../../base/index.ts';

const PIECE = 1024 * 1024;

export async function* archiveSource(
  from: string | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const iterator = (typeof from === 'string' ? piecesOf(from) : from)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await within(
        Number.POSITIVE_INFINITY,
        'more of the export',
        () => iterator.next(),
        {
          signal,
        },
      );
      if (done === true) return;
      yield value;
    }
  } finally {
    if (signal?.aborted !== true) await iterator.return?.();
  }
}

async function* piecesOf(path: string): AsyncIterable<Uint8Array> {
  const file = await openFile(path);
  try {
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(PIECE), 0, PIECE, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function openFile(path: string): ReturnType<typeof open> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    if (errnoCode(cause) !== 'ENOENT') throw cause;
    throw new Fault('not-found', 'FILE_MISSING', `There is no file ${path}`, {
      cause,
      hint: 'Check the path.',
    });
  }
}
