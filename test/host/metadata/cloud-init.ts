// cloud-init's own modules, from its Debian package, as readers of what novalet writes; see cloud-init-reader.py.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { MetadataInput } from '../../../src/metadata/index.ts';

const CACHE = process.env['NOVALET_TEST_CACHE'] ?? '/var/cache/novalet-test';
const MODULES = join(CACHE, 'cloud-init/usr/lib/python3/dist-packages');
const READER = fileURLToPath(new URL('cloud-init-reader.py', import.meta.url));

/** Why the tests with cloud-init's modules cannot run here; false where they can. */
export const withoutCloudInit = existsSync(MODULES)
  ? false
  : 'cloud-init is not unpacked here: scripts/unpacked-packages';

export type ReaderJob = { readonly do: string } & Readonly<Record<string, unknown>>;

/** What cloud-init understood, one result for each job. */
export async function readByCloudInit(...jobs: readonly ReaderJob[]): Promise<readonly unknown[]> {
  const { stdout } = await runProgram('/usr/bin/python3', [READER], {
    stdin: JSON.stringify(jobs),
    env: { PYTHONPATH: MODULES, PYTHONDONTWRITEBYTECODE: '1' },
    timeoutMs: 60_000,
  });
  const results: unknown = JSON.parse(stdout);
  assert.ok(Array.isArray(results) && results.length === jobs.length);
  return results;
}

/** Writes documents as files; gives the folder. */
export async function writeTree(folder: string, documents: ReadonlyMap<string, Uint8Array>): Promise<string> {
  for (const [path, bytes] of documents) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

/** What takes the files off a drive again. */
export const EXTRACT = {
  iso9660: async (drive: string, folder: string): Promise<string> => {
    await runProgram('xorriso', ['-osirrox', 'on:auto_chmod_on', '-indev', drive, '-extract', '/', folder]);
    await runProgram('chmod', ['-R', 'u+rwX', folder]);
    return folder;
  },
  vfat: async (drive: string, folder: string): Promise<string> => {
    await mkdir(folder);
    await runProgram('mcopy', ['-s', '-n', '-i', drive, '::*', folder]);
    return folder;
  },
} as const;

/** The guest's NICs as its kernel would have named them. */
export function namesByMac({ nics }: Pick<MetadataInput, 'nics'>): Readonly<Record<string, string>> {
  return Object.fromEntries(nics.map(({ port }, at) => [port.mac, `ens${at + 3}`]));
}
