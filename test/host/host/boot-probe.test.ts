import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { probeAccelerator } from '../../../src/host/index.ts';

const emulator = '/usr/bin/qemu-system-x86_64';

// Of this test alone: another one's doctor may be probing.
const folder = mkdtempSync(join(tmpdir(), 'nvt-probe-'));
process.env['TMPDIR'] = folder;
after(() => rmSync(folder, { recursive: true }));

test('the smallest guest boots under emulation, and nothing is left of it', async () => {
  assert.equal(await probeAccelerator({ emulator, accelerator: 'tcg', timeoutMs: 120_000 }), 'works');
  assert.deepEqual(readdirSync(folder), []);
});

test('an emulator that ends by itself refused, one that does not end hangs', async () => {
  assert.equal(
    await probeAccelerator({ emulator: '/bin/false', accelerator: 'kvm', timeoutMs: 60_000 }),
    'refused',
  );
  assert.equal(await probeAccelerator({ emulator, accelerator: 'tcg', timeoutMs: 1 }), 'hangs');
  await assert.rejects(probeAccelerator({ emulator: '/no/qemu', accelerator: 'kvm', timeoutMs: 60_000 }), {
    code: 'PROGRAM_MISSING',
  });
});

test('under KVM it ends in time, whatever KVM is worth on this host', async () => {
  const started = performance.now();
  const result = await probeAccelerator({ emulator, accelerator: 'kvm', timeoutMs: 3000 });
  assert.ok(performance.now() - started < 20_000);
  assert.ok(['works', 'hangs', 'refused'].includes(result), result);
});
