import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideCacheTrap, decideKvmFinding } from '../../../src/host/check-kvm.ts';
import { chooseVirtType, decideKvm, type KvmReason, type KvmSight } from '../../../src/host/kvm.ts';

const good: KvmSight = { arch: 'x86_64', cpuFlags: new Set(['svm']), device: 'usable', isOffered: true };

test('KVM works only where processor, device and libvirt agree; the first obstacle is named', () => {
  const cases: readonly [Partial<KvmSight>, KvmReason][] = [
    [{}, 'works'],
    [{ cpuFlags: new Set(['vmx']) }, 'works'],
    [{ isOffered: null }, 'works'],
    [{ cpuFlags: new Set(['sse2', 'hypervisor', 'vmmcall']) }, 'no-cpu-support'],
    [{ cpuFlags: new Set(), device: 'absent', isOffered: false }, 'no-cpu-support'],
    [{ device: 'absent', isOffered: false }, 'no-device'],
    [{ device: 'denied', isOffered: false }, 'device-denied'],
    [{ isOffered: false }, 'not-offered'],
    [{ arch: 'aarch64', cpuFlags: new Set(['fp', 'asimd']) }, 'works'],
    [{ arch: 'aarch64', cpuFlags: new Set(['fp']), device: 'absent' }, 'no-device'],
    [{ arch: 's390x', cpuFlags: new Set(['zarch']) }, 'no-cpu-support'],
    [{ arch: 's390x', cpuFlags: new Set(['zarch', 'sie']) }, 'works'],
  ];
  for (const [change, reason] of cases) {
    const verdict = decideKvm({ ...good, ...change });
    assert.deepEqual(verdict, { works: reason === 'works', reason });
  }
});

test('the operator may insist; auto takes KVM where it works', () => {
  assert.equal(chooseVirtType('auto', { works: true, reason: 'works' }), 'kvm');
  assert.equal(chooseVirtType('auto', { works: false, reason: 'no-device' }), 'qemu');
  assert.equal(chooseVirtType('kvm', { works: false, reason: 'no-cpu-support' }), 'kvm');
  assert.equal(chooseVirtType('qemu', { works: true, reason: 'works' }), 'qemu');
});

test('every obstacle comes with a cure; a boot that hangs wins over all good signs', () => {
  const reasons: readonly KvmReason[] = ['no-cpu-support', 'no-device', 'device-denied', 'not-offered'];
  for (const reason of reasons) {
    const finding = decideKvmFinding({ works: false, reason }, true, null);
    assert.equal(finding.status, 'warning');
    assert.ok(finding.fix);
  }
  const works = { works: true, reason: 'works' } as const;
  assert.equal(decideKvmFinding(works, false, null).status, 'ok');
  assert.equal(decideKvmFinding(works, false, 'works').status, 'ok');
  assert.equal(decideKvmFinding(works, false, 'refused').status, 'warning');
  assert.equal(decideKvmFinding(works, false, 'hangs').status, 'problem');
});

test('the cache trap is a device that root may open and the user of QEMU may not', () => {
  const qemuUser = { name: 'libvirt-qemu', uid: 64055, gids: [107, 64055] };
  const device = { mode: 0o20660, uid: 0, gid: 107 };
  const sight = { device, qemuUser, isSession: false };
  assert.equal(decideCacheTrap(sight).status, 'ok');
  assert.equal(decideCacheTrap({ ...sight, device: { ...device, mode: 0o20666, gid: 0 } }).status, 'ok');
  assert.equal(decideCacheTrap({ ...sight, device: undefined }).status, 'ok');
  assert.equal(decideCacheTrap({ ...sight, qemuUser: { name: 'root', uid: 0, gids: [0] } }).status, 'ok');
  assert.equal(decideCacheTrap({ ...sight, qemuUser: null }).status, 'warning');
  for (const bad of [
    { ...device, gid: 0 },
    { ...device, mode: 0o20600 },
    { ...device, mode: 0o20640 },
  ]) {
    const finding = decideCacheTrap({ ...sight, device: bad });
    assert.equal(finding.status, 'problem');
    assert.match(finding.fix ?? '', /chgrp kvm \/dev\/kvm && chmod 660 \/dev\/kvm/);
    assert.equal(decideCacheTrap({ device: bad, qemuUser: null, isSession: true }).status, 'ok');
  }
});
