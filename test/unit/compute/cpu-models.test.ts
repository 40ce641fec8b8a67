import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuModelHas, cpuModelName, requiredCpuFlags } from '../../../src/compute/cpu-models.ts';

test('models are known in any case, and others stay as they are written', () => {
  assert.equal(cpuModelName('haswell-notsx-ibrs'), 'Haswell-noTSX-IBRS');
  assert.equal(cpuModelName('power9'), 'POWER9');
  assert.equal(cpuModelName('SapphireRapids'), 'SapphireRapids');
});

test('traits ask for instructions, but for what is no matter of the model', () => {
  const traits = [
    'HW_CPU_X86_AVX2',
    'HW_CPU_X86_AESNI',
    'HW_CPU_X86_SSE41',
    'HW_CPU_X86_VMX',
    'STORAGE_DISK_SSD',
  ];
  assert.deepEqual(requiredCpuFlags(traits), ['aes', 'avx2', 'sse4.1']);
});

test('a model has the instructions that libvirt says it has', () => {
  assert.equal(cpuModelHas('Skylake-Server', ['avx512f', 'mpx']), true);
  assert.equal(cpuModelHas('Skylake-Client', ['avx512f']), false);
  assert.equal(cpuModelHas('EPYC-Milan', ['sse4a', 'sha-ni']), true);
  assert.equal(cpuModelHas('no-such-model', []), false);
});
