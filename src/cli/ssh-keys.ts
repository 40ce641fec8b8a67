// Public SSH keys from files.
import { type KeyPair, parseSshKeys } from '../model/index.ts';
import { readFileBounded } from './input.ts';

/** All keys of these files, named by their comments. Throws `SSH_KEY_INVALID` and the faults of reading. */
export async function readSshKeys(paths: readonly string[]): Promise<KeyPair[]> {
  const keys: KeyPair[] = [];
  for (const path of paths) keys.push(...parseSshKeys((await readFileBounded(path)).toString('utf8'), path));
  return keys;
}
