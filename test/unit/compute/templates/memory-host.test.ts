// Whether a memory image fits a host.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misfit } from '../../../../src/compute/templates/memory-host.ts';
import type { TemplateHost } from '../../../../src/model/index.ts';

const MADE: TemplateHost = { libvirt: '9.0.0', qemu: '7.2.0', cpu: 'one', machine: 'pc-q35-7.2' };

test('a memory image fits the QEMU and the CPU that it was made on, and a newer libvirt', () => {
  assert.equal(misfit(MADE, { ...MADE, libvirt: '11.0.0' }), null);
});

test('another QEMU and another CPU are named', () => {
  assert.equal(
    misfit(MADE, { ...MADE, qemu: '8.0.0' }),
    'it was made by QEMU 7.2.0, and this host has 8.0.0',
  );
  assert.equal(misfit(MADE, { ...MADE, cpu: 'another' }), "this host's CPU is another one now");
});
