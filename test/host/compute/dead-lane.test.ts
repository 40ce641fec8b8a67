// What a process leaves that was killed while it reached into a guest.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadSettings } from '../../../src/app/configuration.ts';
import { Engine } from '../../../src/compute/index.ts';
import { openStore } from '../../../src/store/index.ts';

const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Takes leases, leaves an unfinished file, and dies. */
function dieHolding(stateDir: string, keys: readonly string[]): string {
  const src = join(import.meta.dirname, '../../../src');
  const script = `
    import { writeFileSync } from 'node:fs';
    import { openStore } from '${src}/store/index.ts';
    import { temporaryFor } from '${src}/storage/index.ts';
    const store = openStore(process.argv[1] + '/novalet.db');
    for (const key of process.argv.slice(2)) store.leases.acquire(key, 'reach into the guest');
    const file = await temporaryFor(process.argv[1] + '/images/half');
    writeFileSync(file, '');
    process.stdout.write(file, () => process.kill(process.pid, 'SIGKILL'));
  `;
  const argv = ['--input-type=module-typescript', '-e', script, '--', stateDir, ...keys];
  const { stdout, stderr, signal } = spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 30_000 });
  assert.equal(signal, 'SIGKILL', stderr);
  return stdout;
}

async function openOn(context: TestContext, keys: readonly string[]) {
  const stateDir = mkdtempSync(join(tmpdir(), 'nvt-dead-lane-'));
  context.after(() => rmSync(stateDir, { recursive: true }));
  mkdirSync(join(stateDir, 'images'));
  const half = dieHolding(stateDir, keys);
  assert.ok(existsSync(half));
  const connect = 'qemu:///system?socket=/nonexistent';
  const settings = await loadSettings({ connect, env: { NOVALET_STATE_DIR: stateDir }, uid: 1 });
  await (await Engine.open(settings, { log: SILENT, version: '0' }))[Symbol.asyncDispose]();
  using store = openStore(join(stateDir, 'novalet.db'));
  return { left: store.leases.list().map(({ key }) => key), isSwept: !existsSync(half) };
}

test("a dead process's lane is free again, which costs the next command no sweep of the disks", async (context) => {
  const { left, isSwept } = await openOn(context, ['lane:00000000-0000-4000-8000-000000000001:0']);
  assert.deepEqual([left, isSwept], [[], false]);
});

test('beside a lane, what else a dead process left is repaired as ever', async (context) => {
  const { left, isSwept } = await openOn(context, ['lane:gone:0', 'image:gone']);
  assert.deepEqual([left, isSwept], [[], true]);
});
