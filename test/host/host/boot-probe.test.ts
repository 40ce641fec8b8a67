import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { probeAccelerator } from '../../../src/host/index.ts';

const emulator = '/usr/bin/qemu-system-x86_64';

function leftovers(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('novalet-probe-'));
}

test('the smallest guest boots under emulation, and nothing is left of it', async () => {
  assert.equal(await probeAccelerator({ emulator, accelerator: 'tcg', timeoutMs: 20_000 }), 'works');
  assert.deepEqual(leftovers(), []);
});

test('an emulator that ends by itself refused, one that does not end hangs', async () => {
  assert.equal(
    await probeAccelerator({ emulator: '/bin/false', accelerator: 'kvm', timeoutMs: 5000 }),
    'refused',
  );
  assert.equal(await probeAccelerator({ emulator, accelerator: 'tcg', timeoutMs: 1 }), 'hangs');
  await assert.rejects(probeAccelerator({ emulator: '/no/qemu', accelerator: 'kvm', timeoutMs: 5000 }), {
    code: 'PROGRAM_MISSING',
  });
});

test('under KVM it ends in time, whatever KVM is worth on this host', async () => {
  const started = performance.now();
  const result = await probeAccelerator({ emulator, accelerator: 'kvm', timeoutMs: 3000 });
  assert.ok(performance.now() - started < 20_000);
  assert.ok(['works', 'hangs', 'refused'].includes(result), result);
});
