import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../../src/base/index.ts';
import { cpuTopology } from '../../../src/compute/cpu-topology.ts';
import { extraSpecs, imageProperties } from '../../../src/model/index.ts';

type Texts = Readonly<Record<string, string>>;

function topology(vcpus: number, specs: Texts = {}, image: Texts = {}, readApiNames = false): string {
  const chosen = cpuTopology({
    vcpus,
    specs: extraSpecs(specs),
    image: imageProperties(image),
    readApiNames,
  });
  return `${chosen.sockets}:${chosen.cores}:${chosen.threads}`;
}

test('without a wish every vCPU is a socket', () => {
  assert.equal(topology(1), '1:1:1');
  assert.equal(topology(12), '12:1:1');
});

test('most wishes come true, and ties go to fewer threads, then to more sockets', () => {
  assert.equal(topology(8, { 'hw:cpu_sockets': '2', 'hw:cpu_cores': '4' }), '2:4:1');
  assert.equal(topology(8, { 'hw:cpu_threads': '2' }), '4:1:2');
  assert.equal(topology(8, { 'hw:cpu_cores': '2' }), '4:2:1');
  assert.equal(topology(8, { 'hw:cpu_cores': '3' }), '8:1:1');
  assert.equal(topology(8, { 'hw:cpu_sockets': '1' }), '1:8:1');
});

test("one wish of the image sets the flavor's aside", () => {
  assert.equal(topology(8, { 'hw:cpu_sockets': '2' }, { hw_cpu_threads: '2' }), '4:1:2');
});

test("limits bind, and a flavor's wish above them is dropped", () => {
  assert.equal(topology(8, { 'hw:cpu_max_sockets': '2' }), '2:4:1');
  assert.equal(topology(8, { 'hw:cpu_sockets': '8', 'hw:cpu_max_sockets': '4' }), '4:2:1');
  assert.equal(topology(8, { 'hw:cpu_max_sockets': '4' }, { hw_cpu_max_sockets: '2' }), '2:4:1');
});

test("the names that only Nova's API knows bind where they are asked for", () => {
  assert.equal(topology(8, { 'hw:max_cpu_sockets': '2' }), '8:1:1');
  assert.equal(topology(8, { 'hw:max_cpu_sockets': '2' }, {}, true), '2:4:1');
});

test('what cannot be is refused', () => {
  const code = (expected: string) => (error: unknown) => isFault(error, expected);
  assert.throws(
    () => topology(4, { 'hw:cpu_max_cores': '2' }, { hw_cpu_max_cores: '4' }),
    code('CPU_LIMITS_EXCEEDED'),
  );
  assert.throws(
    () => topology(4, { 'hw:cpu_max_cores': '2' }, { hw_cpu_cores: '4' }),
    code('CPU_TOPOLOGY_EXCEEDED'),
  );
  const tight = { 'hw:cpu_max_sockets': '1', 'hw:cpu_max_cores': '1', 'hw:cpu_max_threads': '2' };
  assert.throws(() => topology(4, tight), code('CPU_TOPOLOGY_IMPOSSIBLE'));
});

test('what is chosen always makes up the vCPUs', () => {
  const wish = fc.option(fc.integer({ min: 1, max: 9 }).map(String), { nil: undefined });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), wish, wish, wish, (vcpus, sockets, cores, threads) => {
      const wishes = { 'hw:cpu_sockets': sockets, 'hw:cpu_cores': cores, 'hw:cpu_threads': threads };
      const specs = Object.entries(wishes).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value]],
      );
      const product = topology(vcpus, Object.fromEntries(specs))
        .split(':')
        .map(Number)
        .reduce((a, b) => a * b, 1);
      assert.equal(product, vcpus);
    }),
  );
});
