import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuUse, diskUses, memoryUse, nicUses } from '../../../../src/compute/diagnostics/read-usage.ts';

test('processors are told by their numbers, also with a gap where one was unplugged', () => {
  const figures = {
    'cpu.time': 12_345_678_901_234_567n,
    'vcpu.current': 2,
    'vcpu.0.state': 1,
    'vcpu.0.time': 10,
    'vcpu.0.wait': 1,
    'vcpu.2.state': 1,
    'vcpu.2.time': 20,
  };
  assert.deepEqual(cpuUse(figures), {
    timeNs: 12_345_678_901_234_568,
    vcpus: [
      { id: 0, timeNs: 10, waitNs: 1 },
      { id: 2, timeNs: 20, waitNs: 0 },
    ],
  });
});

test("the guest's own memory figures are unknown, not zero, where its balloon has no driver", () => {
  const bare = { 'balloon.current': 1024, 'balloon.maximum': 2048, 'balloon.rss': 512, 'balloon.swap_in': 0 };
  assert.deepEqual(memoryUse(bare), {
    maximumKiB: 2048,
    currentKiB: 1024,
    residentKiB: 512,
    availableKiB: null,
    usableKiB: null,
    unusedKiB: null,
    cachesKiB: null,
    swappedInKiB: null,
    swappedOutKiB: null,
  });
  const told = memoryUse({ ...bare, 'balloon.available': 1000, 'balloon.unused': 700 });
  assert.deepEqual(
    [told.availableKiB, told.unusedKiB, told.swappedInKiB, told.usableKiB],
    [1000, 700, 0, null],
  );
});

test('disks and cards are as many as are counted, and a count beyond belief is cut', () => {
  const figures = {
    'block.count': 1,
    'block.0.name': 'vda',
    'block.0.rd.bytes': 4096,
    'block.0.rd.reqs': 1,
    'block.1.name': 'stray',
    'net.count': 1,
    'net.0.name': 'tap0',
    'net.0.rx.bytes': 60,
    'net.0.tx.drop': 3,
  };
  assert.deepEqual(
    diskUses(figures).map(({ target, readBytes, writeBytes, errors }) => [
      target,
      readBytes,
      writeBytes,
      errors,
    ]),
    [['vda', 4096, 0, null]],
  );
  const [nic] = nicUses(figures, new Map([['tap0', 'fa:16:3e:00:00:01']]));
  assert.deepEqual([nic?.mac, nic?.rxBytes, nic?.txDrops], ['fa:16:3e:00:00:01', 60, 3]);
  assert.equal(diskUses({ 'block.count': 1e9 }).length, 1024);
  assert.deepEqual(diskUses({}), []);
});
