import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { askForCells } from '../../../../src/compute/numa/ask-for-cells.ts';
import type { NumaRequest } from '../../../../src/model/index.ts';

type Texts = Readonly<Record<string, string>>;

const VCPUS = 4;

function ask(extraSpecs: Texts, properties: Texts = {}): NumaRequest | null {
  const flavor = {
    name: 'test',
    vcpus: VCPUS,
    memoryMiB: 2048,
    rootGiB: 1,
    ephemeralGiB: 0,
    swapMiB: 0,
    extraSpecs,
  };
  return askForCells(flavor, properties);
}

/** The fault's code and the key it names. */
function refused(extraSpecs: Texts, properties: Texts = {}): string {
  try {
    ask(extraSpecs, properties);
  } catch (error) {
    if (isFault(error)) return `${error.kind} ${error.code} ${error.details['key']}`;
    throw error;
  }
  return assert.fail('it was taken');
}

const PINNED = { 'hw:cpu_policy': 'dedicated' };
const cells = (request: NumaRequest | null) =>
  (request?.cells ?? []).map(({ pinned, floating, memoryMiB }) => [
    pinned.join(),
    floating.join(),
    memoryMiB,
  ]);

test('a guest that asks for nothing has no cells', () => {
  assert.equal(ask({}), null);
  assert.equal(ask({ 'hw:cpu_policy': 'shared', 'hw:emulator_threads_policy': 'share' }), null);
  assert.equal(ask({ 'hw:numa_cpus.0': '0-3', 'hw:numa_mem.0': '2048' }), null, 'cells need hw:numa_nodes');
});

test('cells, pinning or a page size make a topology of one cell or more', () => {
  assert.deepEqual(cells(ask({ 'hw:numa_nodes': '2' })), [
    ['', '0,1', 1024],
    ['', '2,3', 1024],
  ]);
  assert.deepEqual(cells(ask(PINNED)), [['0,1,2,3', '', 2048]]);
  assert.deepEqual(cells(ask({ 'hw:mem_page_size': 'large' })), [['', '0,1,2,3', 2048]]);
  assert.equal(ask({ 'hw:mem_page_size': '2MB' })?.pageSize, 2048);
});

test('vCPUs and memory of each cell may be given, by flavor or image', () => {
  const given = {
    'hw:numa_nodes': '2',
    'hw:numa_cpus.0': '0-2,^1',
    'hw:numa_mem.0': '512',
    'hw:numa_cpus.1': '1,3',
    'hw:numa_mem.1': '1536',
  };
  assert.deepEqual(cells(ask(given)), [
    ['', '0,2', 512],
    ['', '1,3', 1536],
  ]);
  const ofImage = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key.replace(':', '_'), value]),
  );
  assert.deepEqual(cells(ask({}, ofImage)), cells(ask(given)));
  assert.equal(refused(given, { 'hw_numa_cpus.0': '0-3' }), 'invalid IMAGE_NUMA_FORBIDDEN hw_numa_cpus');
  assert.equal(refused(given, { 'hw_numa_mem.0': '1' }), 'invalid IMAGE_NUMA_FORBIDDEN hw_numa_mem');
});

test('cells that do not share out the vCPUs and the memory are refused', () => {
  const two = { 'hw:numa_nodes': '2', 'hw:numa_mem.0': '1024', 'hw:numa_mem.1': '1024' };
  const cpus = (first: string, second: string) => ({
    ...two,
    'hw:numa_cpus.0': first,
    'hw:numa_cpus.1': second,
  });
  assert.equal(refused({ 'hw:numa_nodes': '3' }), 'invalid NUMA_CELLS_INVALID hw:numa_nodes');
  assert.equal(refused(two), 'invalid NUMA_CELLS_INVALID hw:numa_nodes');
  assert.equal(
    refused({ ...cpus('0', '1'), 'hw:numa_nodes': '1' }),
    'invalid NUMA_CELLS_INVALID hw:numa_nodes',
  );
  assert.equal(refused(cpus('0-2', '2-3')), 'invalid NUMA_CELLS_INVALID hw:numa_cpus.1');
  assert.equal(refused(cpus('0-4', '1')), 'invalid NUMA_CELLS_INVALID hw:numa_cpus.0');
  assert.equal(refused(cpus('0', '1,3')), 'invalid NUMA_CELLS_INVALID hw:numa_cpus.0');
  assert.equal(
    refused({ ...cpus('0-1', '2-3'), 'hw:numa_mem.1': '1023' }),
    'invalid NUMA_CELLS_INVALID hw:numa_mem.0',
  );
});

test('an image may not undo what its flavor says of CPUs and pages', () => {
  const both = (key: string, ofFlavor: string, ofImage: string, more: Texts = {}) =>
    refused({ ...more, [key]: ofFlavor }, { [key.replace(':', '_')]: ofImage });
  const forbidden = (key: string) => `invalid IMAGE_NUMA_FORBIDDEN ${key}`;
  assert.equal(both('hw:cpu_policy', 'shared', 'dedicated'), forbidden('hw_cpu_policy'));
  assert.equal(both('hw:cpu_policy', 'mixed', 'dedicated'), forbidden('hw_cpu_policy'));
  assert.equal(both('hw:cpu_thread_policy', 'isolate', 'require', PINNED), forbidden('hw_cpu_thread_policy'));
  assert.equal(both('hw:numa_nodes', '2', '2'), forbidden('hw_numa_nodes'));
  assert.equal(both('hw:mem_page_size', 'small', 'large'), forbidden('hw_mem_page_size'));
  assert.equal(refused({}, { hw_mem_page_size: 'small' }), forbidden('hw_mem_page_size'));
  assert.equal(ask({ 'hw:mem_page_size': 'any' }, { hw_mem_page_size: '1GB' })?.pageSize, 1_048_576);
  assert.equal(ask(PINNED, { hw_cpu_policy: 'shared' })?.cpuPolicy, 'dedicated');
  assert.equal(
    ask({ ...PINNED, 'hw:cpu_thread_policy': 'prefer' }, { hw_cpu_thread_policy: 'isolate' })?.threadPolicy,
    'prefer',
  );
});

test('what needs pinned vCPUs is refused without them', () => {
  const code = (key: string) => `invalid CPU_POLICY_INVALID ${key}`;
  assert.equal(refused({ 'hw:cpu_thread_policy': 'prefer' }), code('hw:cpu_thread_policy'));
  assert.equal(refused({ 'hw:emulator_threads_policy': 'isolate' }), code('hw:emulator_threads_policy'));
  assert.equal(refused({ 'hw:cpu_realtime': 'yes', 'hw:cpu_realtime_mask': '^0' }), code('hw:cpu_realtime'));
  assert.equal(refused({ 'hw:cpu_dedicated_mask': '0' }), code('hw:cpu_dedicated_mask'));
  assert.equal(refused({ ...PINNED, 'hw:cpu_dedicated_mask': '0' }), code('hw:cpu_dedicated_mask'));
});

test('mixed needs one mask, which says the pinned vCPUs', () => {
  const mixed = { 'hw:cpu_policy': 'mixed' };
  assert.deepEqual(cells(ask({ ...mixed, 'hw:cpu_dedicated_mask': '^0-1' })), [['2,3', '0,1', 2048]]);
  const realtime = { ...mixed, 'hw:cpu_realtime': '1', 'hw:cpu_realtime_mask': '1' };
  assert.deepEqual(cells(ask(realtime)), [['1', '0,2,3', 2048]]);
  assert.deepEqual(ask(realtime)?.realtimeVcpus, [1]);
  assert.equal(refused(mixed), 'invalid CPU_POLICY_INVALID hw:cpu_policy');
  assert.equal(
    refused({ ...realtime, 'hw:cpu_dedicated_mask': '1' }),
    'invalid CPU_POLICY_INVALID hw:cpu_policy',
  );
});

test('a mask names some of the vCPUs, and not all where one must be left', () => {
  const code = (key: string) => `invalid CPU_MASK_INVALID ${key}`;
  const dedicated = (mask: string) => refused({ 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': mask });
  for (const mask of ['0-3', '^0-3', '3-4', '1,^1'])
    assert.equal(dedicated(mask), code('hw:cpu_dedicated_mask'));
  const realtime = (mask: Texts) => refused({ ...PINNED, 'hw:cpu_realtime': 'yes', ...mask });
  assert.equal(realtime({}), code('hw:cpu_realtime_mask'));
  for (const mask of ['0-3', '^0-3', '2-4']) {
    assert.equal(realtime({ 'hw:cpu_realtime_mask': mask }), code('hw:cpu_realtime_mask'));
  }
  const alone = { ...PINNED, 'hw:cpu_realtime': 'yes', 'hw:emulator_threads_policy': 'isolate' };
  assert.deepEqual(ask(alone)?.realtimeVcpus, [0, 1, 2, 3]);
  assert.deepEqual(ask(alone, { hw_cpu_realtime_mask: '^0' })?.realtimeVcpus, [1, 2, 3]);
});

test('resources and traits are other words for the policies', () => {
  assert.equal(ask({ 'resources:PCPU': '4' })?.cpuPolicy, 'dedicated');
  assert.equal(
    ask({ 'resources:PCPU': '5', 'hw:emulator_threads_policy': 'isolate' })?.cpuPolicy,
    'dedicated',
  );
  assert.equal(ask({ 'resources:VCPU': '4' }), null);
  const code = 'invalid CPU_RESOURCES_INVALID resources:PCPU';
  assert.equal(refused({ 'resources:PCPU': '3' }), code);
  assert.equal(refused({ 'resources:PCPU': '4', ...PINNED }), code);
  assert.equal(refused({ 'resources:PCPU': '4', 'resources1:VCPU': '4' }), code);
  const trait = 'trait:HW_CPU_HYPERTHREADING';
  assert.equal(ask({ ...PINNED, [trait]: 'required' })?.threadPolicy, 'require');
  assert.equal(ask({ ...PINNED, [trait]: 'forbidden' })?.threadPolicy, 'isolate');
  assert.equal(ask(PINNED, { [trait]: 'required' })?.threadPolicy, 'require');
  assert.equal(
    refused({ ...PINNED, [trait]: 'required', 'hw:cpu_thread_policy': 'require' }),
    'invalid CPU_POLICY_INVALID hw:cpu_thread_policy',
  );
});

test('locked memory needs a page size, and flavor and image must agree on it', () => {
  const locked = { 'hw:locked_memory': 'yes' };
  assert.equal(refused(locked), 'invalid LOCKED_MEMORY_NEEDS_PAGE_SIZE hw:locked_memory');
  assert.equal(ask({ ...locked, 'hw:mem_page_size': 'small' })?.isMemoryLocked, true);
  assert.equal(
    refused({ ...locked, 'hw:mem_page_size': 'small' }, { hw_locked_memory: 'no' }),
    'invalid FLAVOR_IMAGE_CONFLICT hw:locked_memory',
  );
  assert.equal(ask({ 'hw:mem_page_size': 'any' }, { hw_locked_memory: 'yes' })?.isMemoryLocked, true);
});
