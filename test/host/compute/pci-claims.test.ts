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
