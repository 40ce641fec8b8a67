import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numaRecord, numaWords } from '../../../src/cli/hardware-record.ts';
import type { NumaPlacement } from '../../../src/model/index.ts';

const CELL = {
  hasHugePages: false,
  pageSizeKiB: null,
  pins: [],
  floating: [],
  floatingCpus: [],
  heldCpus: [],
};

const PLACEMENT: NumaPlacement = {
  cells: [
    {
      ...CELL,
      hostCell: 1,
      memoryMiB: 1024,
      pins: [
        { vcpu: 0, cpu: 4 },
        { vcpu: 1, cpu: 6 },
      ],
      heldCpus: [4, 5, 6, 7],
      pageSizeKiB: 2048,
      hasHugePages: true,
    },
    { ...CELL, hostCell: null, memoryMiB: 512, floating: [2, 3], floatingCpus: [0, 1] },
  ],
  emulatorCpus: [0],
  realtimeVcpus: [1],
  isMemoryShared: false,
  isMemoryLocked: true,
};

test('where a guest lies is told cell by cell, in as many words as there is something to say', () => {
  assert.deepEqual(numaWords(PLACEMENT), [
    'cell 0 on host cell 1: 1024 MiB, pages of 2048 KiB, vCPU=CPU 0=4 1=6',
    'cell 1 on any host cell: 512 MiB, vCPUs 2 3 on CPUs 0 1',
    'emulator on CPUs 0, realtime vCPUs 1, memory locked',
  ]);
  const plain = { ...PLACEMENT, cells: [], emulatorCpus: [], realtimeVcpus: [], isMemoryLocked: false };
  assert.deepEqual(numaWords(plain), []);
});

test('programs read it under the names of the server topology', () => {
  assert.deepEqual(numaRecord(PLACEMENT)?.nodes[0], {
    host_node: 1,
    memory_mb: 1024,
    pagesize_kb: 2048,
    cpu_pinning: [
      { vcpu: 0, cpu: 4 },
      { vcpu: 1, cpu: 6 },
    ],
    floating_vcpus: [],
    floating_cpus: [],
    held_cpus: [4, 5, 6, 7],
  });
  assert.equal(numaRecord(null), null);
});
