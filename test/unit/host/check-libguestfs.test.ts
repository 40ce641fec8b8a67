import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decideLibguestfs, lookAtLibguestfs } from '../../../src/host/check-libguestfs.ts';

const WELL = { missingPackages: [], kernel: 'readable', kvm: 'usable', arch: 'x64' } as const;

test('a host with all of it is well, and one without KVM is told how long it takes', () => {
  assert.equal(decideLibguestfs(WELL).status, 'ok');
  const slow = decideLibguestfs({ ...WELL, kvm: 'denied' });
  assert.deepEqual([slow.status, /20 seconds/.test(slow.what)], ['ok', true]);
});

test('what is missing is a warning with the package to install, the programs first', () => {
  const packages = ['libguestfs-tools', 'qemu-utils'];
  const none = decideLibguestfs({ ...WELL, missingPackages: packages, kernel: 'absent' });
  assert.deepEqual([none.status, none.fix], ['warning', 'apt install libguestfs-tools qemu-utils']);
  const kernel = decideLibguestfs({ ...WELL, kernel: 'absent' });
  assert.deepEqual([kernel.status, kernel.fix], ['warning', 'apt install linux-image-cloud-amd64']);
  assert.match(decideLibguestfs({ ...WELL, kernel: 'unreadable' }).fix ?? '', /chmod 0644/);
});

test('programs and kernels are looked for where they would be', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nvt-libguestfs-'));
  try {
    const empty = await lookAtLibguestfs('/nowhere', 'absent', folder);
    assert.ok(empty.missingPackages.includes('libguestfs-tools'));
    assert.equal(empty.kernel, 'absent');
    await writeFile(join(folder, 'vmlinuz-6.1.0'), '');
    assert.equal((await lookAtLibguestfs('/nowhere', 'absent', folder)).kernel, 'readable');
    assert.equal((await lookAtLibguestfs('/nowhere', 'absent', join(folder, 'none'))).kernel, 'absent');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
