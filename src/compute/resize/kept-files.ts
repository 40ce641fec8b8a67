// The disks of an instance as they were before its resize: in a folder of its directory, under their own names, until
// somebody says whether the resize stays. A disk that goes on is an overlay over the kept one. Every function may run
// again after it was killed in the middle.
import { chmod, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../../base/index.ts';
import { makeDirectory } from '../../hostlink/index.ts';

/** QEMU's user passes through, and looks around nowhere. */
const DIRECTORY_MODE = 0o711;

export function keptDirectory(directory: string): string {
  return join(directory, 'before-resize');
}

/** Throws ENOENT when one of them is not there. */
export async function putAside(directory: string, fileNames: readonly string[]): Promise<void> {
  const kept = keptDirectory(directory);
  await makeDirectory(kept, DIRECTORY_MODE);
  await chmod(kept, DIRECTORY_MODE); // whatever the umask was
  for (const fileName of fileNames) await rename(join(directory, fileName), join(kept, fileName));
}

/** Whether there is anything to bring back. */
export async function hasKept(directory: string): Promise<boolean> {
  return (await keptNames(directory)) !== undefined;
}

/** Puts the kept files where they were, in place of what is there, and removes what was `added`. */
export async function bringBack(directory: string, added: readonly string[]): Promise<void> {
  const names = await keptNames(directory);
  if (names === undefined) return;
  for (const name of names) await rename(join(keptDirectory(directory), name), join(directory, name));
  for (const name of added) await rm(join(directory, name), { force: true });
  await rmdir(keptDirectory(directory)); // last: as long as it is there, this is to be done again
}

/** Nobody lies over them any more. */
export async function removeKept(directory: string): Promise<void> {
  await rm(keptDirectory(directory), { recursive: true, force: true });
}

async function keptNames(directory: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(keptDirectory(directory));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
