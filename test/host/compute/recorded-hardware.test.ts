// What an instance was launched with is what it is started with, whatever the configuration has become. Nothing boots here:
// the disks are not there, so that libvirt gives up a start before it runs QEMU, and after novalet has defined what it
// is to run.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { BuildPlan } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { childElements, isElement, parseXml, type XmlNode } from '../../../src/libvirt-xml/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { canonical } from '../../golden/canonical.ts';
import { define, virsh } from '../libvirt-xml/libvirt-judge.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 120_000 };

const ZED = ['hardware: zed', 'cpu_mode: custom', 'cpu_models: [Haswell]', 'hw_machine_type: { x86_64: pc }'];
const MODERN = [
  'hardware: { profile: modern, iothreads: true, packed_rings: true, discard: true, balloon: false }',
  'cpu_mode: maximum',
  'cpu_model_extra_flags: [-vmx]',
  'hw_machine_type: { x86_64: q35 }',
  'pointer_model: ps2mouse',
  'num_pcie_ports: 4',
  'rx_queue_size: 512',
  'sysinfo_serial: none',
];
/** Of the placement: pinned guests keep their CPUs. */
const PINNING = 'cpu_dedicated_set: "0"';
const OTHER_PINNING = 'cpu_dedicated_set: "1"';

const FLAVORS: Readonly<Record<string, Record<string, string>>> = {
  plain: {},
  pinned: { 'hw:cpu_policy': 'dedicated' },
  rich: { 'hw:watchdog_action': 'reset', 'hw:vif_multiqueue_enabled': 'true', 'hw_rng:allowed': 'true' },
};

/** The meaning of a domain. libvirt puts the controllers that it adds into another order when it starts one. */
function meaning(xml: string): string {
  const root = parseXml(xml, 'the domain');
  const isController = (node: XmlNode) => isElement(node) && node.name === 'controller';
  const controllers = childElements(root, 'devices').flatMap((devices) =>
    childElements(devices, 'controller'),
  );
  const children = root.children.map((child) =>
    isElement(child) && child.name === 'devices'
      ? { ...child, children: child.children.filter((device) => !isController(device)) }
      : child,
  );
  return [canonical({ ...root, children }), ...controllers.map(canonical).sort()].join('\n');
}

function dumped(name: string): string {
  return meaning(virsh('dumpxml', '--inactive', name));
}

async function planned(world: World, flavor: string): Promise<BuildPlan> {
  const compute = await world.compute();
  return await compute.planLaunch({ image: 'disk', flavor, name: `of-${flavor}` });
}

/** As launched and stopped. Gives libvirt's name of it. */
function keep(world: World, { instance, domainXml }: BuildPlan): string {
  using store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  store.instances.allocateNumber();
  store.instances.insert({
    ...instance,
    vmState: 'stopped',
    taskState: null,
    launchedAt: instance.createdAt,
  });
  define(domainXml);
  return instance.domainName;
}

async function startInVain(world: World, name: string): Promise<void> {
  const compute = await world.compute();
  await assert.rejects(compute.start(name), (error) => {
    assert.ok(isFault(error), String(error));
    assert.match(`${error.message} ${error.cause}`, /No such file or directory/);
    return true;
  });
}

for (const [from, to, then] of [
  ['zed', 'modern', [ZED, MODERN]],
  ['modern', 'zed', [MODERN, ZED]],
] as const) {
  test(
    `an instance of profile ${from} keeps its XML when the configuration turns to ${to}`,
    BOUND,
    async (t) => {
      const [older, newer] = [[...then[0], PINNING].join('\n'), [...then[1], OTHER_PINNING].join('\n')];
      await using world = await World.make(older);
      const compute = await world.compute();
      const source = join(world.stateDir, 'disk.qcow2');
      await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', source, '1M']);
      await compute.images.add({ source, name: 'disk' });
      const names = new Map<string, string>();
      for (const [flavor, extraSpecs] of Object.entries(FLAVORS)) {
        const sizes = { vcpus: 1, memoryMiB: 64, rootGiB: 1, ephemeralGiB: 1, swapMiB: 64 };
        await compute.flavors.create({ name: flavor, ...sizes, extraSpecs });
        names.set(flavor, keep(world, await planned(world, flavor)));
      }
      await world.closeCompute();

      const text = await readFile(world.configFile, 'utf8');
      await writeFile(world.configFile, text.replace(older, newer));
      for (const [flavor, domain] of names) {
        await t.test(`with the flavor ${flavor}`, async () => {
          const first = dumped(domain);
          await startInVain(world, `of-${flavor}`);
          assert.equal(dumped(domain), first, 'a start changes nothing');
          virsh('undefine', domain);
          await startInVain(world, `of-${flavor}`);
          assert.equal(dumped(domain), first, 'defined again from the record');
        });
      }
      const anew = await (await world.compute()).planLaunch({ image: 'disk', flavor: 'plain' });
      const old = dumped(names.get('plain') ?? '');
      for (const telling of [/machine="pc-(?:q35|i440fx)/, /<cpu [^>]*mode="[a-z-]+"/]) {
        const [now] = telling.exec(meaning(anew.domainXml)) ?? [];
        assert.ok(now !== undefined && !old.includes(now), `a new instance is another: ${now}`);
      }
    },
  );
}
