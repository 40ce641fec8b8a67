// Claims of the host's PCI devices, as launches that are only planned see them: nothing is started, since no machine of ours
// can give a device away. The devices are this host's own.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { readPciDevices } from '../../../src/host/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';
import { World } from '../support/world.ts';

const [device = assert.fail('this host has no PCI')] = readPciDevices();
const world = await World.make(
  `pci: { device_spec: [{ address: "${device.address}" }], alias: [{ name: card, address: "${device.address}", device_type: ${device.type} }] }`,
);
after(() => world[Symbol.asyncDispose]());

async function plan(): Promise<Fault | string> {
  const compute = await world.compute();
  try {
    return (await compute.planLaunch({ image: 'disk', flavor: 'with-card', network: 'user' })).domainXml;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

test('a device goes to one instance only, and the next one hears who has it', async () => {
  const compute = await world.compute();
  const file = join(world.stateDir, 'disk.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', file, '1M']);
  await compute.images.add({ source: file, name: 'disk' });
  await compute.flavors.create({
    name: 'with-card',
    vcpus: 1,
    memoryMiB: 64,
    rootGiB: 1,
    ephemeralGiB: 0,
    swapMiB: 0,
    extraSpecs: { 'pci_passthrough:alias': 'card:1' },
  });
  const first = await plan();
  if (first instanceof Fault) assert.equal(first.code, 'PCI_NO_IOMMU');
  else assert.match(first, /<hostdev mode="subsystem" type="pci" managed="yes">/);

  const store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  try {
    const { hardware } = anInstance();
    store.instances.insert(anInstance({ hardware: { ...hardware, pciDevices: [device.address] } }));
  } finally {
    store.close();
  }
  const second = await plan();
  assert.ok(second instanceof Fault, 'a plan was made with a device that is taken');
  assert.equal(second.code, 'PCI_DEVICES_EXHAUSTED');
  assert.match(second.message, new RegExp(`held: ${device.address} by calm-otter`));
});

test('a shelved instance lets its device go, and is refused while another one has it', async () => {
  const compute = await world.compute();
  const refused = async (name: string) => {
    try {
      await compute.unshelve(name);
    } catch (error) {
      if (error instanceof Fault) return error.code;
      throw error;
    }
    return 'it runs';
  };
  using store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  const holder = store.instances.find('calm-otter');
  store.instances.change(holder.id, (current) => ({ ...current, vmState: 'shelved' }));
  const free = await plan();
  assert.ok(!(free instanceof Fault) || free.code === 'PCI_NO_IOMMU', String(free));
  const id = '55555555-0000-4000-8000-000000000001';
  const flavor = store.flavors.get('with-card') ?? assert.fail('the flavor is gone');
  const number = 77;
  const { hardware } = holder;
  store.instances.insert(
    anInstance({
      id,
      number,
      name: 'away',
      domainName: 'away',
      vmState: 'shelved',
      flavor,
      hardware,
      ports: [],
    }),
  );
  // without an IOMMU that is as far as it comes: nobody else has the device
  assert.equal(await refused('away'), 'PCI_NO_IOMMU');
  store.instances.change(holder.id, (current) => ({ ...current, vmState: 'active' }));
  assert.equal(await refused('away'), 'PCI_DEVICES_EXHAUSTED');
  const { vmState, taskState } = store.instances.find('away');
  assert.deepEqual([vmState, taskState], ['shelved', null]);
});
