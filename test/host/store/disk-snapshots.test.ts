import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DiskSnapshot, SnapshotWork } from '../../../src/model/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';

const { id: instanceId } = anInstance();

function aSnapshot(name: string, work: SnapshotWork | null = null): DiskSnapshot {
  return {
    id: `id-of-${name}`,
    instanceId,
    name,
    consistency: 'filesystem',
    fileNames: ['disk', 'disk.local'],
    hasFirmware: true,
    createdAt: '2026-01-02T03:04:05.000Z',
    work,
  };
}

function aPath(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'nvt-marks-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'novalet.db');
}

test('snapshots are read as they were written, oldest first, with what was left half done', (context) => {
  const path = aPath(context);
  const written = [
    aSnapshot('zebra', { kind: 'create' }),
    aSnapshot('ape', { kind: 'restore', start: true }),
    aSnapshot('cat', { kind: 'remove' }),
  ];
  {
    using store = openStore(path);
    store.instances.insert(anInstance());
    for (const snapshot of written) store.diskSnapshots.insert(snapshot);
  }
  using store = openStore(path);
  assert.deepEqual(store.diskSnapshots.ofInstance(instanceId), written);
  store.diskSnapshots.update(aSnapshot('ape'));
  assert.deepEqual(store.diskSnapshots.get(instanceId, 'ape'), aSnapshot('ape'));
  assert.equal(store.diskSnapshots.get(instanceId, 'nobody'), undefined);
  store.diskSnapshots.remove('id-of-ape');
  assert.deepEqual(
    store.diskSnapshots.ofInstance(instanceId).map(({ name }) => name),
    ['zebra', 'cat'],
  );
});

test('a name is taken once in an instance, and the second one changes nothing', (context) => {
  using store = openStore(aPath(context));
  store.instances.insert(anInstance());
  store.diskSnapshots.insert(aSnapshot('first'));
  assert.throws(() => store.diskSnapshots.insert({ ...aSnapshot('first'), id: 'another' }), {
    code: 'SNAPSHOT_EXISTS',
  });
  assert.deepEqual(store.diskSnapshots.ofInstance(instanceId), [aSnapshot('first')]);
});

test('snapshots go with their instance', (context) => {
  using store = openStore(aPath(context));
  store.instances.insert(anInstance());
  store.diskSnapshots.insert(aSnapshot('first'));
  store.instances.remove(instanceId);
  assert.deepEqual(store.diskSnapshots.ofInstance(instanceId), []);
});
