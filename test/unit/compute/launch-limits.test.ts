import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { chooseHardware, MODERN_WISHES } from '../../../src/compute/choose-hardware.ts';
import { checkLaunchable } from '../../../src/compute/launch-limits.ts';
import { DEFAULT_FLAVORS } from '../../../src/model/index.ts';

const [flavor = assert.fail('there is no flavor')] = DEFAULT_FLAVORS;
const host = {
  arch: 'x86_64',
  virtType: 'qemu',
  machineTypes: {},
  cpuModes: [],
  firmware: {},
  maxQueues: 1,
} as const;
const hardware = chooseHardware({ flavor, imageProperties: {}, host, wishes: MODERN_WISHES });
const nothing = { tpm: null, redirectedUsbPorts: 0, maxPhysAddr: undefined };
const limits = { tpmModels: ['tpm-tis'], ioUring: false };

test('a guest that asks for nothing special can run anywhere', () => {
  assert.doesNotThrow(() => checkLaunchable(hardware, nothing, { tpmModels: [], ioUring: false }));
});

test('a TPM that the host cannot emulate is refused before anything is made', () => {
  const tpm = { model: 'tpm-crb', version: '2.0' } as const;
  assert.throws(
    () => checkLaunchable(hardware, { ...nothing, tpm }, limits),
    (error) => isFault(error, 'TPM_ABSENT'),
  );
  assert.doesNotThrow(() =>
    checkLaunchable(hardware, { ...nothing, tpm: { ...tpm, model: 'tpm-tis' } }, limits),
  );
});

test('io_uring is refused where Linux forbids it', () => {
  const wished = { ...hardware, options: { ...hardware.options, ioUring: true } };
  assert.throws(
    () => checkLaunchable(wished, nothing, limits),
    (error) => isFault(error, 'IO_URING_ABSENT'),
  );
  assert.doesNotThrow(() => checkLaunchable(wished, nothing, { ...limits, ioUring: true }));
});

test('redirected USB ports need SPICE, which no guest here has', () => {
  assert.throws(
    () => checkLaunchable(hardware, { ...nothing, redirectedUsbPorts: 1 }, limits),
    (error) => isFault(error, 'SPICE_ABSENT'),
  );
});

test('physical address bits are said with the mode that needs them, and with no other', () => {
  for (const maxPhysAddr of [
    { mode: 'emulate', bits: undefined },
    { mode: 'passthrough', bits: 40 },
  ] as const)
    assert.throws(
      () => checkLaunchable(hardware, { ...nothing, maxPhysAddr }, limits),
      (error) => isFault(error, 'MAXPHYSADDR_INVALID') && error.details['key'] === 'hw:maxphysaddr_bits',
    );
  for (const maxPhysAddr of [
    { mode: 'emulate', bits: 40 },
    { mode: 'passthrough', bits: undefined },
  ] as const)
    assert.doesNotThrow(() => checkLaunchable(hardware, { ...nothing, maxPhysAddr }, limits));
});
