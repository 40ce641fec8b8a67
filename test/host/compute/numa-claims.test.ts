// Claims of CPUs by several processes on one database.
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openStore } from '../../../src/store/index.ts';

const WORKER = fileURLToPath(new URL('numa-claims-worker.ts', import.meta.url));

async function start(): Promise<ChildProcess> {
  const child = fork(WORKER);
  await once(child, 'message');
  return child;
}

async function placeAll(child: ChildProcess, path: string): Promise<number> {
  const answer = once(child, 'message');
  child.send(path);
  const [placed]: unknown[] = await answer;
  return Number(placed);
}

test('two processes that place guests at once never give one CPU twice, and what is deleted is free again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nvt-claims-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'novalet.db');
  openStore(path).close();
  const children = await Promise.all([start(), start()]);
  const counts = await Promise.all(children.map((child) => placeAll(child, path)));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    16,
  );

  using store = openStore(path);
  const instances = store.instances.list();
  const held = instances.flatMap(({ numa }) => (numa?.cells ?? []).flatMap(({ heldCpus }) => heldCpus));
  assert.equal(held.length, 32);
  assert.equal(new Set(held).size, 32);

  const [first] = instances;
  assert.ok(first !== undefined);
  store.instances.remove(first.id);
  assert.equal(await placeAll(await start(), path), 1);
  const replaced = store.instances.list().at(-1);
  assert.deepEqual(replaced?.numa?.cells[0]?.heldCpus, first.numa?.cells[0]?.heldCpus);
});
