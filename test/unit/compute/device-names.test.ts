import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceIndex, nextDeviceName } from '../../../src/compute/device-names.ts';

test('a disk gets the first name of its bus that is free', () => {
  assert.equal(nextDeviceName('virtio', new Set()), 'vda');
  assert.equal(nextDeviceName('virtio', new Set(['vda', 'vdc'])), 'vdb');
  assert.equal(nextDeviceName('usb', new Set(['sda'])), 'sdb', 'buses with the same prefix share names');
  assert.equal(nextDeviceName('scsi', new Set(['vda', 'hda'])), 'sda');
});

test('names go on with two letters after z', () => {
  const taken = new Set<string>();
  for (let count = 0; count < 26 + 26 * 26 + 1; count += 1) {
    const name = nextDeviceName('scsi', taken);
    assert.equal(deviceIndex(name), count, name);
    taken.add(name);
  }
  assert.ok(taken.has('sdz') && taken.has('sdaa') && taken.has('sdzz') && taken.has('sdaaa'));
});

test('IDE takes four and no more', () => {
  const taken = new Set(['hda', 'hdb', 'hdc']);
  assert.equal(nextDeviceName('ide', taken), 'hdd');
  assert.throws(() => nextDeviceName('ide', taken.add('hdd')), { code: 'DISK_BUS_FULL' });
});
