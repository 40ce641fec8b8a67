// A directory with those above it. Not by Node's own `recursive`: where the kernel makes no directories (/proc, /sys) and says
// ENOENT of what is there, that one tries for ever, and nothing ends it.
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errnoCode } from '../base/index.ts';

/** Fine where it is there. What cannot be is thrown as Node says it: ENOENT, ENOTDIR, EEXIST of a file, EACCES … */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(path); !(await isDirectory(at)); at = dirname(at)) missing.unshift(at);
  for (const each of missing) await makeOne(each, mode);
}

/** Another process may make it at the same time. */
async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST' || !(await isDirectory(path))) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
