// Which PCI devices of the host are somebody's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldDevices } from '../../../src/compute/held-devices.ts';
import { anInstance } from '../store/an-instance.ts';

test('an instance holds its devices, and one that was resized those that it can go back to as well', () => {
  const plain = anInstance();
  const withDevices = (pciDevices: readonly string[]) => ({ ...plain.hardware, pciDevices });
  const { flavor, disks } = plain;
  const held = heldDevices([
    anInstance({ name: 'one', hardware: withDevices(['0000:01:00.0']) }),
    anInstance({
      name: 'two',
      hardware: withDevices(['0000:02:00.0']),
      resize: {
        flavor,
        hardware: withDevices(['0000:03:00.0']),
        numa: null,
        disks,
        wasRunning: true,
        at: '2026-01-01T00:00:00.000Z',
      },
    }),
  ]);
  assert.deepEqual(Object.fromEntries(held), {
    '0000:01:00.0': 'one',
    '0000:02:00.0': 'two',
    '0000:03:00.0': 'two',
  });
});

test('a shelved instance holds none, and one that comes back holds what it takes', () => {
  const { hardware } = anInstance();
  const one = anInstance({ name: 'one', hardware: { ...hardware, pciDevices: ['0000:01:00.0'] } });
  for (const vmState of ['shelved', 'shelved_offloaded'] as const) {
    assert.equal(heldDevices([{ ...one, vmState }]).size, 0);
    const coming = heldDevices([{ ...one, vmState, taskState: 'unshelving' }]);
    assert.deepEqual([...coming], [['0000:01:00.0', 'one']]);
  }
  const going = heldDevices([{ ...one, vmState: 'active', taskState: 'shelving' }]);
  assert.equal(going.size, 1, 'until it is shelved its guest may still have it');
});
