// Whether something is there: "nothing there" is an answer, and "could not look" is thrown.
import { readdir, stat } from 'node:fs/promises';
import { errnoCode } from '../base/index.ts';

export async function isThere(path: string): Promise<boolean> {
  return await orWhenMissing(async () => {
    await stat(path);
    return true;
  }, false);
}

/** Names in a directory; none where there is no directory. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  return await orWhenMissing(async () => await readdir(directory), []);
}

async function orWhenMissing<T>(look: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return otherwise;
    throw error;
  }
}
