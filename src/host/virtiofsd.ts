// Whether this host has a virtiofsd, as its package tells QEMU's users. Rules: QEMU, docs/interop/vhost-user.json.
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../base/index.ts';

const DIRECTORIES = [
  '/etc/qemu/vhost-user',
  '/usr/share/qemu/vhost-user',
  '/usr/local/share/qemu/vhost-user',
];
const LARGEST = 64 * 1024;

/** The program's path; undefined where there is none. */
export async function findVirtiofsd(
  directories: readonly string[] = DIRECTORIES,
): Promise<string | undefined> {
  for (const directory of directories) {
    for (const name of await jsonFilesIn(directory)) {
      const text = await readFile(join(directory, name), 'utf8');
      const binary = text.length > LARGEST ? undefined : filesystemProgram(text);
      if (binary !== undefined && (await isExecutable(binary))) return binary;
    }
  }
  return undefined;
}

/** What a description names, where it is one of a file server. Pure. */
export function filesystemProgram(text: string): string | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined; // another package's, which QEMU passes over as well
  }
  if (typeof said !== 'object' || said === null || !('type' in said) || said.type !== 'fs') return undefined;
  return 'binary' in said && typeof said.binary === 'string' ? said.binary : undefined;
}

async function jsonFilesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith('.json')).toSorted();
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
