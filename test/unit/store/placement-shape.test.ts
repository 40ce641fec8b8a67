import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NumaPlacement } from '../../../src/model/index.ts';
import { inRecord, instanceShape } from '../../../src/store/records.ts';
import { anInstance } from './an-instance.ts';

const PLACEMENT: NumaPlacement = {
  cells: [
    {
      hostCell: 1,
      memoryMiB: 1024,
      pins: [{ vcpu: 0, cpu: 4 }],
      floating: [1],
      floatingCpus: [4, 5, 6],
      pageSizeKiB: 2048,
      hasHugePages: true,
      heldCpus: [4, 12],
    },
  ],
  emulatorCpus: [4, 5, 6],
  realtimeVcpus: [0],
  isMemoryShared: true,
  isMemoryLocked: false,
};

function readBack(record: unknown): unknown {
  return instanceShape(JSON.parse(JSON.stringify(record)), inRecord('instance')).numa;
}

test('a placement comes back as it was stored', () => {
  assert.deepEqual(readBack(anInstance({ numa: PLACEMENT })), PLACEMENT);
});

test('a record from before there were placements has none', () => {
  const { numa, ...older } = anInstance();
  assert.equal(numa, null);
  assert.equal(readBack(older), null);
});

test('a placement that is not whole is corrupt', () => {
  const numa = { ...PLACEMENT, emulatorCpus: ['4'] };
  assert.throws(
    () => readBack({ ...anInstance(), numa }),
    /instance\.numa\.emulatorCpus\[0\] is not an integer/,
  );
});
