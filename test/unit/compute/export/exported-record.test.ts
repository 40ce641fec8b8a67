import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportedRecord } from '../../../../src/compute/export/exported-record.ts';
import type { Volume } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

const volume: Volume = {
  id: '44444444-0000-4000-8000-000000000001',
  source: { kind: 'own', fileName: 'volume-1', format: 'raw' },
  device: 'disk',
  bus: 'virtio',
  target: 'vdb',
  readOnly: false,
  sizeBytes: 512,
  attachedAt: '2026-01-01T00:00:00.000Z',
};

test('an exported instance is stopped, free and at rest', () => {
  const instance = anInstance({
    vmState: 'active',
    taskState: 'exporting',
    lock: { reason: 'mine', at: '2026-01-01T00:00:00.000Z' },
    fault: { code: 'X', message: 'x', at: '2026-01-01T00:00:00.000Z' },
  });
  const { record, leftOut } = exportedRecord(instance, 'active', []);
  assert.deepEqual(
    [record.vmState, record.taskState, record.lock, record.fault],
    ['stopped', null, null, null],
  );
  assert.deepEqual(leftOut, []);
});

test('a disk of its own is recorded as the qcow2 that its copy is, and an empty drive stays', () => {
  const empty: Volume = { ...volume, source: null, device: 'cdrom', target: 'sdb' };
  const { record, leftOut } = exportedRecord(anInstance({ volumes: [volume, empty] }), 'stopped', []);
  assert.deepEqual(record.volumes, [
    { ...volume, source: { kind: 'own', fileName: 'volume-1', format: 'qcow2' } },
    empty,
  ]);
  assert.deepEqual(leftOut, []);
});

test('what lies elsewhere is not in the record, and each is named', () => {
  const foreign: Volume = { ...volume, source: { kind: 'block', path: '/dev/sdz' } };
  const share = { tag: 'data', path: '/srv', driver: 'virtiofs', readOnly: false } as const;
  const instance = anInstance({ volumes: [foreign], shares: [share] });
  const { record, leftOut } = exportedRecord(instance, 'suspended', ['before']);
  assert.deepEqual([record.volumes, record.shares], [[], []]);
  assert.deepEqual(leftOut, [
    'its disk snapshots: before',
    'the memory that it was suspended with: it is exported as stopped',
    'the disk vdb, which is no file of its own (block)',
    'the shared folder data',
  ]);
});
