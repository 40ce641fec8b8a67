// What a shelved instance lets go of besides its memory: the host's processors that its own are pinned to. No guest has to
// come up for it. Beside that, what is refused before anything of a domain is touched.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  const { vcpus } = await compute.capacity();
  const sizes = { vcpus: vcpus.total, memoryMiB: 128, rootGiB: 0, ephemeralGiB: 0, swapMiB: 0 };
  await compute.flavors.create({
    ...sizes,
    name: 'all-cpus',
    extraSpecs: { 'hw:cpu_policy': 'dedicated' },
  });
});

test('shelved, an instance lets go of its pinned processors; unshelved, it takes some again or is refused', async () => {
  const request = { image: 'minimal', flavor: 'all-cpus' };
  await compute.launch({ ...request, name: 'one' });
  await assert.rejects(compute.launch({ ...request, name: 'two' }), (error) =>
    isFault(error, 'NUMA_NO_ROOM'),
  );
  await compute.shelve('one', { force: true });
  await compute.launch({ ...request, name: 'two' });
  await assert.rejects(compute.unshelve('one'), (error) => {
    assert.ok(isFault(error, 'NUMA_NO_ROOM'));
    assert.match(error.message, /two holds CPU 0/);
    return true;
  });
  assert.equal((await compute.show('one')).instance.vmState, 'shelved');
  await compute.delete('two');
  await compute.unshelve('one');
  const { instance } = await compute.show('one');
  assert.equal(instance.vmState, 'active');
  assert.ok((instance.numa?.cells[0]?.pins.length ?? 0) > 0);
  await compute.delete('one');
});

test('an empty kernel_id of an image is none, when it is added and when it is changed', async () => {
  const source = join(world.stateDir, 'novalet.yaml'); // whatever it holds
  const properties = { kernel_id: '', ramdisk_id: '', os_distro: 'debian' };
  const image = await compute.images.add({ source, name: 'glance', diskFormat: 'raw', properties });
  assert.deepEqual(image.properties, { os_distro: 'debian' });
  const { id } = await compute.images.show('minimal-kernel');
  const booted = await compute.images.set('glance', { properties: { kernel_id: id } });
  assert.equal(booted.properties['kernel_id'], id);
  const changed = await compute.images.set('glance', { properties: { kernel_id: '' } });
  assert.deepEqual(changed.properties, { os_distro: 'debian' });
});

test('an instance with shared folders is not suspended, and nothing of it changes', async () => {
  await compute.launch({ image: 'minimal', name: 'sharing', flavor: 'm1.tiny' });
  using store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  const { id } = store.instances.find('sharing');
  const share = { tag: 'work', path: world.stateDir, readOnly: true, driver: 'virtiofs' } as const;
  store.instances.change(id, (current) => ({ ...current, shares: [share] }));
  await assert.rejects(compute.suspend('sharing'), (error) => isFault(error, 'SUSPEND_HAS_SHARES'));
  const { instance } = await compute.show('sharing');
  assert.deepEqual([instance.vmState, instance.taskState], ['active', null]);
  await compute.delete('sharing');
});
