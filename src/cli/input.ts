// What comes in: files and standard input, read whole and within a bound.
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { errnoCode, Fault, MIB } from '../base/index.ts';
import type { Session } from './session.ts';

/** More than this is no user data, no key and no description of a guest. */
const LARGEST = 16 * MIB;

/** A file's bytes, or those of stdin for `-`. Throws `FILE_UNREADABLE` or `INPUT_TOO_LARGE`. */
export async function readFileOrStdin(session: Session, path: string): Promise<Buffer> {
  return path === '-' ? readStdin(session) : readFileBounded(path);
}

/** Standard input until its end. Throws `INPUT_TOO_LARGE`. */
export async function readStdin(session: Session): Promise<Buffer> {
  return await session.interrupt.race(readWhole(session.streams.stdin, 'Standard input'));
}

/** Also of pipes and devices, so `<(command)` works. */
export async function readFileBounded(path: string): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    return await readWhole(file.createReadStream({ autoClose: false }), path);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw unreadable(path, error);
  }
}

/** Whether others than the owner may read the file. */
export async function isReadableByOthers(path: string): Promise<boolean> {
  await using file = await open(path, 'r');
  const { mode } = await file.stat();
  return (mode & 0o044) !== 0;
}

async function readWhole(chunks: AsyncIterable<Uint8Array | string>, what: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk);
    size += part.length;
    if (size > LARGEST) {
      throw new Fault('invalid', 'INPUT_TOO_LARGE', `${what} holds more than 16 MiB`, {
        hint: 'Give a smaller file; large data goes into the image or is fetched by the guest.',
      });
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function unreadable(path: string, error: unknown): Fault {
  switch (errnoCode(error)) {
    case 'ENOENT':
      return new Fault('not-found', 'FILE_NOT_FOUND', `There is no file ${path}`, {
        cause: error,
        hint: `Check the name: ls ${basename(path)}`,
      });
    case 'EACCES':
      return new Fault('denied', 'FILE_UNREADABLE', `You may not read ${path}`, {
        cause: error,
        hint: `Check its permissions: ls -l ${path}`,
      });
    default:
      return new Fault(
        'invalid',
        'FILE_UNREADABLE',
        `${path} cannot be read (${errnoCode(error) ?? 'unknown error'})`,
        {
          cause: error,
          hint: 'Give the path of a readable file.',
        },
      );
  }
}
