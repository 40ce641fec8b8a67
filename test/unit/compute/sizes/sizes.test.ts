// How far an instance may grow, what a change of its size is, and what its domain says of both.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSettings } from '../../../../src/app/configuration.ts';
import { isFault } from '../../../../src/base/index.ts';
import { domainXmlOf } from '../../../../src/compute/domain-of.ts';
import { maximaOf, withMaxima } from '../../../../src/compute/sizes/choose-maxima.ts';
import { planChange } from '../../../../src/compute/sizes/plan-change.ts';
import type { Instance, NumaPlacement } from '../../../../src/model/index.ts';
import { aFlavor } from '../../../support/samples.ts';
import { anInstance } from '../../store/an-instance.ts';

const flavor = aFlavor();
const instance = anInstance({ flavor, vmState: 'active', numa: null });
const host = { arch: 'x86_64' };
const settings = await loadSettings({ env: { NOVALET_STATE_DIR: '/state' }, uid: 0 });
const context = {
  settings,
  instances: '/instances',
  host,
  isRunning: true,
  hostMemoryMiB: 100_000,
  image: null,
};
const placement: NumaPlacement = {
  cells: [],
  emulatorCpus: [],
  realtimeVcpus: [],
  isMemoryLocked: false,
  isMemoryShared: false,
};

function growing(vcpus: number, memoryMiB: number): Instance {
  return { ...instance, hardware: withMaxima(instance, { maxVcpus: vcpus, maxMemoryMiB: memoryMiB }) };
}

function xmlOf(one: Instance): string {
  return domainXmlOf(one, context);
}

function lines(xml: string): readonly string[] {
  return xml
    .split('\n')
    .filter((line) => /<(memory|currentMemory|vcpu|topology|memballoon)\b/.test(line))
    .map((line) => line.trim());
}

test('a guest of which nothing is said has the hardware and the domain that it had', () => {
  const hardware = withMaxima(instance, {});
  assert.deepEqual(hardware, instance.hardware);
  assert.equal('maxima' in hardware, false);
  assert.equal(xmlOf({ ...instance, hardware }), xmlOf(instance));
  assert.deepEqual(lines(xmlOf(instance)).slice(0, 2), ['<memory>262144</memory>', '<vcpu>1</vcpu>']);
});

test('one that may grow has a domain made for the most, and begins with what it has', () => {
  const grown = growing(4, 1024);
  const [memory, current, vcpu, topology, balloon] = lines(xmlOf(grown));
  assert.deepEqual(
    [memory, current, vcpu, topology],
    [
      '<memory>1048576</memory>',
      '<currentMemory>262144</currentMemory>',
      '<vcpu current="1">4</vcpu>',
      '<topology sockets="4" cores="1" threads="1"/>',
    ],
  );
  assert.doesNotMatch(balloon ?? '', /autodeflate/); // or the guest would take the rest by itself
  assert.match(lines(xmlOf(instance)).at(-1) ?? '', /autodeflate="on"/);
});

test('a maximum is no less than what there is, and QEMU and the balloon have bounds', () => {
  const code = (expected: string) => (error: unknown) => isFault(error, expected);
  assert.throws(
    () => withMaxima({ ...instance, flavor: { ...flavor, vcpus: 2 } }, { maxVcpus: 1 }),
    code('SIZE_MAXIMA_INVALID'),
  );
  assert.throws(() => growing(1, 128), code('SIZE_MAXIMA_INVALID'));
  assert.throws(() => growing(289, 256), code('SIZE_MAXIMA_INVALID'));
  assert.throws(
    () => withMaxima({ ...instance, numa: placement }, { maxVcpus: 2 }),
    code('SIZE_MAXIMA_UNSUPPORTED'),
  );
  const options = { ...instance.hardware.options, balloon: false };
  const flat = { ...instance, hardware: { ...instance.hardware, options } };
  assert.throws(() => withMaxima(flat, { maxMemoryMiB: 512 }), code('SIZE_MAXIMA_UNSUPPORTED'));
  assert.deepEqual(withMaxima(flat, { maxVcpus: 2 }).maxima, { vcpus: 2, memoryMiB: 256 });
});

test('a running guest grows to its maxima and shrinks again, and its maxima stay', () => {
  const grown = growing(4, 1024);
  const most = planChange(grown, { vcpus: 4, memoryMiB: 1024 }, context);
  assert.deepEqual([most.flavor.vcpus, most.flavor.memoryMiB, most.flavor.name], [4, 1024, 'f']);
  const back = planChange(most, { vcpus: 1, memoryMiB: 256 }, context);
  assert.deepEqual(back, grown);
  assert.deepEqual(maximaOf(most), { vcpus: 4, memoryMiB: 1024 });
});

test('what cannot be is refused', () => {
  const refused: readonly [Parameters<typeof planChange>[1], Partial<typeof context>, string][] = [
    [{}, {}, 'SIZE_CHANGE_INVALID'],
    [{ vcpus: 0 }, {}, 'SIZE_CHANGE_INVALID'],
    [{ memoryMiB: 1.5 }, {}, 'SIZE_CHANGE_INVALID'],
    [{ memoryMiB: 2 }, {}, 'SIZE_CHANGE_INVALID'],
    [{ vcpus: 5 }, {}, 'SIZE_ABOVE_MAXIMUM'],
    [{ memoryMiB: 1025 }, {}, 'SIZE_ABOVE_MAXIMUM'],
    [{ maxVcpus: 8 }, {}, 'SIZE_MAXIMA_FIXED'],
    [{ memoryMiB: 512 }, { hostMemoryMiB: 400 }, 'HOST_MEMORY_TOO_SMALL'],
  ];
  for (const [change, facts, code] of refused) {
    const act = () => planChange(growing(4, 1024), change, { ...context, ...facts });
    assert.throws(act, (error) => isFault(error, code), code);
  }
  assert.throws(
    () => planChange({ ...instance, numa: placement }, { vcpus: 2 }, context),
    (error) => isFault(error, 'SIZE_PLACED'),
  );
  assert.throws(
    () => planChange(instance, { vcpus: 2 }, context),
    (error) => isFault(error, 'SIZE_ABOVE_MAXIMUM'),
  );
});

test('a stopped one may have any size, and other maxima', () => {
  const stopped = { ...context, isRunning: false };
  const bigger = planChange(instance, { vcpus: 2, memoryMiB: 512 }, stopped);
  assert.deepEqual([bigger.flavor.vcpus, bigger.hardware.maxima], [2, undefined]);
  const roomy = planChange(instance, { maxVcpus: 3, maxMemoryMiB: 768 }, stopped);
  assert.deepEqual(roomy.hardware.maxima, { vcpus: 3, memoryMiB: 768 });
  assert.deepEqual(planChange(roomy, { vcpus: 8 }, stopped).hardware.maxima, { vcpus: 8, memoryMiB: 768 });
});
