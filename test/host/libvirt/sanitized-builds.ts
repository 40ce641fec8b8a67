// The C++ of the addon built with sanitizers, kept on this host under a hash of all it is made of: the sources, their
// recipe, the compiler and libvirt's headers. A minute and a half of two processors, paid once and not in every run.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE } from '../support/world.ts';

const run = promisify(execFile);
const CACHE = process.env['NOVALET_TEST_CACHE'] ?? '/var/cache/novalet-test';
const SOURCES = ['native/Makefile', 'native/core', 'native/addon', 'test/native'];
const HEADERS = ['node-addon-api', 'node-api-headers'];
const PREFIX = 'native-';
const WEEK_MS = 7 * 24 * 3_600_000;
const BUILD_MS = 600_000;

/** Runs make there on what was built; gives what it printed. */
export async function make(folder: string, ...args: readonly string[]): Promise<string> {
  const modules = `NODE_MODULES=${join(PACKAGE, 'node_modules')}`;
  const { stdout } = await run('make', ['-s', '-j2', '-C', folder, modules, ...args], { timeout: BUILD_MS });
  return stdout;
}

/** The folder `native` of a copy of the sources in which all that the sanitizers check is built. */
export async function sanitizedBuilds(): Promise<string> {
  const kept = join(CACHE, `${PREFIX}${await keyOfSources()}`);
  if (!existsSync(kept)) await build(kept);
  await utimes(kept, new Date(), new Date());
  for (const name of await readdir(CACHE)) if (name.startsWith(PREFIX)) await removeOld(join(CACHE, name));
  return join(kept, 'native');
}

async function build(kept: string): Promise<void> {
  const made = await mkdtemp(join(CACHE, `.${PREFIX}`));
  try {
    for (const source of SOURCES)
      await cp(join(PACKAGE, source), join(made, source), { recursive: true, preserveTimestamps: true });
    const native = join(made, 'native');
    await make(native, 'harness');
    await make(native, 'SANITIZE=address,undefined', 'harness');
    await make(native, 'SANITIZE=thread', 'harness');
    await make(native, 'SANITIZE=address');
    await rename(made, kept).catch((error: unknown) => {
      if (!existsSync(kept)) throw error; // else another run built the same meanwhile
    });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** What no run has used for a week; another checkout may be using a younger one. */
async function removeOld(folder: string): Promise<void> {
  const { mtimeMs } = await stat(folder);
  if (Date.now() - mtimeMs > WEEK_MS) await rm(folder, { recursive: true, force: true });
}

async function keyOfSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES)
    for (const file of await filesOf(source))
      hash.update(`${file}\0`).update(await readFile(join(PACKAGE, file)));
  for (const header of HEADERS)
    hash.update(await readFile(join(PACKAGE, 'node_modules', header, 'package.json')));
  for (const [program, ...args] of [
    ['g++', '-v'],
    ['pkg-config', '--modversion', 'libvirt', 'libvirt-qemu'],
  ] as const) {
    const { stdout, stderr } = await run(program, args);
    hash.update(stdout + stderr);
  }
  return hash.digest('hex').slice(0, 16);
}

/** The files there, in order; of a file, itself. */
async function filesOf(source: string): Promise<readonly string[]> {
  if (source.endsWith('Makefile')) return [source];
  const entries = await readdir(join(PACKAGE, source), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(PACKAGE.length + 1))
    .sort();
}
