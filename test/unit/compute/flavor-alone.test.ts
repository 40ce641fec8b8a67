import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { checkFlavorAlone } from '../../../src/compute/flavor-alone.ts';

function check(extraSpecs: Record<string, string>): void {
  checkFlavorAlone({ vcpus: 4, memoryMiB: 2048, extraSpecs });
}

const HOPELESS: readonly (readonly [string, Record<string, string>])[] = [
  ['locked memory without a page size', { 'hw:locked_memory': 'yes' }],
  [
    'realtime on shared CPUs',
    { 'hw:cpu_policy': 'shared', 'hw:cpu_realtime': 'yes', 'hw:cpu_realtime_mask': '^0' },
  ],
  ['a thread policy on shared CPUs', { 'hw:cpu_policy': 'shared', 'hw:cpu_thread_policy': 'isolate' }],
  [
    'emulator threads apart on shared CPUs',
    { 'hw:cpu_policy': 'shared', 'hw:emulator_threads_policy': 'isolate' },
  ],
  [
    'a mask of pinned CPUs, all of which are',
    { 'hw:cpu_policy': 'dedicated', 'hw:cpu_dedicated_mask': '0-1' },
  ],
  ['a mixture of nothing', { 'hw:cpu_policy': 'mixed' }],
  [
    'two masks of one mixture',
    {
      'hw:cpu_policy': 'mixed',
      'hw:cpu_dedicated_mask': '0-1',
      'hw:cpu_realtime': 'yes',
      'hw:cpu_realtime_mask': '2-3',
    },
  ],
  ['a mask beyond its vCPUs', { 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '2-4' }],
  ['a mask of all its vCPUs', { 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '0-3' }],
  ['a policy and resources', { 'hw:cpu_policy': 'dedicated', 'resources:PCPU': '4' }],
  ['both kinds of CPUs as resources', { 'resources:VCPU': '2', 'resources1:PCPU': '2' }],
  ['fewer CPUs as resources than it has', { 'resources:PCPU': '2' }],
  [
    'a thread policy and the trait for it',
    { 'hw:cpu_thread_policy': 'require', 'trait:HW_CPU_HYPERTHREADING': 'required' },
  ],
  ['a cell left out', { 'hw:numa_nodes': '2', 'hw:numa_mem.0': '1024', 'hw:numa_mem.2': '1024' }],
  ['CPUs of one cell out of two', { 'hw:numa_nodes': '2', 'hw:numa_cpus.0': '0-3' }],
  ['a vCPU in two cells', { 'hw:numa_nodes': '2', 'hw:numa_cpus.0': '0-2', 'hw:numa_cpus.1': '2-3' }],
  ['a vCPU in no cell', { 'hw:numa_nodes': '2', 'hw:numa_cpus.0': '0', 'hw:numa_cpus.1': '2-3' }],
  ['a vCPU that it has not', { 'hw:numa_nodes': '1', 'hw:numa_cpus.0': '0-4' }],
  ['cells with too much memory', { 'hw:numa_nodes': '2', 'hw:numa_mem.0': '1024', 'hw:numa_mem.1': '1025' }],
  ['more cells than anybody can name', { 'hw:numa_nodes': '9007199254740991' }],
  ['TPM 1.2 with the interface of 2.0', { 'hw:tpm_model': 'tpm-crb', 'hw:tpm_version': '1.2' }],
  [
    'limits below its vCPUs',
    { 'hw:cpu_max_sockets': '1', 'hw:cpu_max_cores': '1', 'hw:cpu_max_threads': '2' },
  ],
];

for (const [what, extraSpecs] of HOPELESS) {
  test(`a flavor with ${what} is refused when it is made`, () => {
    assert.throws(
      () => check(extraSpecs),
      (error) => error instanceof Fault && error.kind === 'invalid',
    );
  });
}

const HOPEFUL: readonly (readonly [string, Record<string, string>])[] = [
  ['nothing', {}],
  ['realtime, pinned by its images', { 'hw:cpu_realtime': 'yes', 'hw:cpu_realtime_mask': '^0' }],
  ['realtime, masked by its images', { 'hw:cpu_policy': 'dedicated', 'hw:cpu_realtime': 'yes' }],
  ['a thread policy, pinned by its images', { 'hw:cpu_thread_policy': 'isolate' }],
  ['a mask of pinned CPUs, mixed by its images', { 'hw:cpu_dedicated_mask': '0-1' }],
  ['cells that only its images can share out', { 'hw:numa_nodes': '3' }],
  ['the CPUs of its cells', { 'hw:numa_nodes': '2', 'hw:numa_cpus.0': '0', 'hw:numa_cpus.1': '1-3' }],
  ['the memory of its cells', { 'hw:numa_mem.0': '512', 'hw:numa_mem.1': '1536' }],
  ['locked memory of a page size', { 'hw:locked_memory': 'yes', 'hw:mem_page_size': 'small' }],
  ['a mixture', { 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '^0' }],
  ['pinned CPUs as resources', { 'resources:PCPU': '4' }],
  ['one more of them for the emulator', { 'resources:PCPU': '5', 'hw:emulator_threads_policy': 'isolate' }],
  ['an older TPM', { 'hw:tpm_model': 'tpm-tis', 'hw:tpm_version': '1.2' }],
];

for (const [what, extraSpecs] of HOPEFUL) {
  test(`a flavor with ${what} is taken`, () => {
    check(extraSpecs);
  });
}
