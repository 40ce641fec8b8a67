// Files that are being made. They carry their maker in the name, so that whoever comes later can tell a live one from
// the leavings of a process that was killed. A finished file gets its name by rename, never before it is whole.
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoCode } from '../base/index.ts';
import { namesIn } from './presence.ts';

const TEMPORARY = /\.(\d+-\d+-[0-9a-f]{8})-[0-9a-f]{6}\.tmp$/;

/** This process as `<pid>-<start time in ticks>-<start of the boot id>`; no two processes ever share it. */
export async function ownerTag(): Promise<string> {
  return `${process.pid}-${await startTime(process.pid)}-${await bootTag()}`;
}

/** Whether the process that `tag` names is still running. */
export async function isOwnerAlive(tag: string): Promise<boolean> {
  const [pid = '', start = '', boot = ''] = tag.split('-');
  if (boot !== (await bootTag())) return false;
  return (await startTime(Number(pid))) === start;
}

/** A name next to `path` for a file, or directory, that is not finished. */
export async function temporaryFor(path: string): Promise<string> {
  return `${path}.${await ownerTag()}-${randomBytes(3).toString('hex')}.tmp`;
}

/** Gives a finished file its name: data to the disk first, then the rename, then the directory. */
export async function publish(temporary: string, path: string): Promise<void> {
  await sync(temporary);
  await rename(temporary, path);
  await sync(dirname(path));
}

/** Flushes a file or a directory to its disk. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what dead processes left unfinished in `directory`; gives the names. A missing directory holds nothing. */
export async function sweepTemporaries(directory: string): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await namesIn(directory)) {
    const owner = TEMPORARY.exec(name)?.[1];
    if (owner === undefined || (await isOwnerAlive(owner))) continue;
    await rm(join(directory, name), { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

/** Field 22 of /proc/<pid>/stat, or null for a process that is not there; the name before it may hold anything. */
async function startTime(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ESRCH') return null;
    throw error;
  }
}

async function bootTag(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).slice(0, 8);
}
