// A dry run touches nothing: not the state directory, be it there or not, and not libvirt. No guest is started here.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readPciDevices } from '../../../src/host/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { bytesOf } from '../support/bytes-of.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 120_000 };
const [device = assert.fail('this host has no PCI')] = readPciDevices();
const world = await World.make(
  [
    'cpu_dedicated_set: "0-1"',
    `pci: { device_spec: [{ address: "${device.address}" }], alias: [{ name: card, address: "${device.address}", device_type: ${device.type} }] }`,
  ].join('\n'),
);
after(() => world[Symbol.asyncDispose]());
const stateDir = join(world.stateDir, 'state');

/** What each claims, and what becomes of it on a host that has it not. */
const FLAVORS: Readonly<Record<string, { specs: Record<string, string>; refusal?: RegExp }>> = {
  plain: { specs: {} },
  pinned: { specs: { 'hw:cpu_policy': 'dedicated', 'hw:mem_page_size': 'small' } },
  huge: { specs: { 'hw:mem_page_size': '2MB' }, refusal: /NUMA_/ },
  card: { specs: { 'pci_passthrough:alias': 'card:1' }, refusal: /PCI_NO_IOMMU/ },
};

before(async () => {
  const compute = await world.compute();
  const source = join(world.stateDir, 'disk.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', source, '1M']);
  await compute.images.add({ source, name: 'disk' });
  for (const [name, { specs: extraSpecs }] of Object.entries(FLAVORS))
    await compute.flavors.create({
      ...{ name, vcpus: 1, memoryMiB: 64, rootGiB: 1, ephemeralGiB: 0, swapMiB: 0 },
      extraSpecs,
    });
  await world.closeCompute();
}, BOUND);

async function libvirtHas(): Promise<string> {
  const names = async (what: string) =>
    (await runProgram('virsh', ['-c', 'qemu:///system', what, '--all', '--name'])).stdout;
  return `${await names('list')}${await names('net-list')}`;
}

async function assertTouchesNothing(args: readonly string[], refusal?: RegExp): Promise<void> {
  const earlier = bytesOf(world.stateDir);
  const { status, stdout, stderr } = await world.novalet(['launch', ...args]);
  if (status === 0) assert.match(stdout, args.includes('--print-xml') ? /^<domain / : /root-disk/);
  else assert.match(stderr, refusal ?? /^$/, args.join(' '));
  assert.deepEqual(bytesOf(world.stateDir), earlier);
  assert.doesNotMatch(await libvirtHas(), new RegExp(world.prefix));
}

for (const [flavor, { specs, refusal }] of Object.entries(FLAVORS)) {
  const claims = Object.keys(specs).join(' and ') || 'nothing';
  test(`a dry run that claims ${claims} leaves state directory and libvirt as they were`, BOUND, async () => {
    const args = ['disk', '--flavor', flavor];
    await assertTouchesNothing([...args, '--dry-run', '-o', 'json'], refusal);
    await assertTouchesNothing([...args, '--print-xml'], refusal);
  });
}

test('a dry run repairs nothing that a process left that died', BOUND, async () => {
  const ended = await runProgram('sh', ['-c', 'echo $$']);
  {
    using store = openStore(join(stateDir, 'novalet.db'));
    store.leases.acquire('image:00000000-0000-4000-8000-000000000000', 'add');
  }
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(join(stateDir, 'novalet.db'));
  database.prepare('UPDATE leases SET pid = ?').run(Number(ended.stdout));
  database.close();
  await assertTouchesNothing(['disk', '--flavor', 'plain', '--dry-run', '-o', 'json']);
  {
    using store = openStore(join(stateDir, 'novalet.db'));
    assert.equal(store.leases.dead().length, 1, 'the lease was one to repair');
  }
  assert.equal((await world.novalet(['image', 'list'])).status, 0);
  using store = openStore(join(stateDir, 'novalet.db'));
  assert.equal(store.leases.dead().length, 0, 'and any other command repairs it');
});

test('a dry run makes no state directory, and says that the image is not there', BOUND, async () => {
  await using fresh = await World.make();
  const earlier = bytesOf(fresh.stateDir);
  const { status, stderr } = await fresh.novalet(['launch', 'disk', '--print-xml']);
  assert.equal(status, 3, stderr);
  assert.match(stderr, /IMAGE_NOT_FOUND/);
  assert.deepEqual(bytesOf(fresh.stateDir), earlier);
});

test('a dry run works on a file system that is mounted for reading alone', BOUND, async () => {
  const place = join(world.stateDir, 'mounted');
  await mkdir(place);
  await runProgram('mount', ['--bind', stateDir, place]);
  try {
    await runProgram('mount', ['-o', 'remount,ro,bind', place]);
    const env = { NOVALET_STATE_DIR: place };
    const list = await world.novalet(['list'], { env });
    assert.notEqual(list.status, 0, 'the directory is closed to writing');
    const xml = await world.novalet(['launch', 'disk', '--flavor', 'pinned', '--print-xml'], { env });
    assert.equal(xml.status, 0, xml.stderr);
    assert.match(xml.stdout, /<vcpupin /);
  } finally {
    await runProgram('umount', [place]);
  }
  assert.ok(readdirSync(stateDir).includes('novalet.db'));
});
