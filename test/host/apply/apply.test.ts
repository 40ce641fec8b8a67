// apply -f and delete -f against libvirt and a guest that runs: from nothing, again, each kind of change, a failure, and back.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Flavor } from '../../../src/model/index.ts';
import { World } from '../support/world.ts';
import { applyFile, settleFile, stepsIn } from './applied.ts';
import { type Wishes, writeManifest } from './manifest-of-world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const apply = async (wishes: Wishes, ...options: readonly string[]) =>
  await applyFile(world, await writeManifest(world, wishes), ...options);
const settle = async (wishes: Wishes, ...options: readonly string[]) =>
  await settleFile(world, await writeManifest(world, wishes), ...options);

async function said(...argv: readonly string[]): Promise<string> {
  const { stdout, exitCode } = await (await world.compute()).exec('web', { argv });
  assert.equal(exitCode, 0);
  return Buffer.from(stdout).toString('utf8').trim();
}

/** Where the test writes. */
const onDisk = async () =>
  await said('sh', '-c', "dd if=/dev/vda bs=4096 skip=3 count=1 2>/dev/null | head -c 4 | tr -d '\\0'");

const bootId = async () => await said('cat', '/proc/sys/kernel/random/boot_id');

async function agentAnswers(): Promise<void> {
  await (await world.compute()).waitFor('web', { kind: 'agent' });
}

async function cardsOfDomain(): Promise<number> {
  const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'domiflist', id]);
  return stdout.split('\n').filter((line) => line.includes(`${world.prefix}-lab`)).length;
}

/** More memory than any host has. */
const HUGE: Flavor = {
  name: 'huge',
  vcpus: 1,
  memoryMiB: 0x7fffffff,
  rootGiB: 0,
  ephemeralGiB: 0,
  swapMiB: 0,
  extraSpecs: {},
};
const LIVE = { web: '    metadata: { role: web }\n    tags: [blue]\n' };
let id: string;

test('from nothing all is made, in the order in which it is needed, and a second time there is nothing to do', async () => {
  const dry = await apply({}, '--dry-run', '--exit-code');
  assert.equal(dry.status, 1, dry.stderr);
  const compute = await world.compute();
  assert.deepEqual(await compute.list(), []);
  assert.deepEqual(
    (await settle({})).map((step) => step.split(':')[0]),
    ['kernel', 'ramdisk', 'minimal', 'small', `${world.prefix}-lab`, 'door', 'web'].map(
      (name) => `${name} create none done`,
    ),
  );
  const { instance } = await compute.show('web');
  const door = await compute.ports.show('door');
  assert.deepEqual(door.instance, { id: instance.id, name: 'web' });
  assert.equal(instance.ports[0]?.mac, door.mac);
  id = instance.id;
  await agentAnswers();
});

test('metadata, tags and cards change while the guest runs', async () => {
  const before = await bootId();
  assert.deepEqual(await settle(LIVE), ['web change none done: metadata.role tags']);
  const card = { ...LIVE, cards: `, ${world.prefix}-lab` };
  assert.deepEqual(await settle(card), ['web change none done: networks']);
  assert.equal(await cardsOfDomain(), 2);
  assert.deepEqual(await settle(LIVE), ['web change none done: networks']);
  assert.equal(await cardsOfDomain(), 1);
  const { instance } = await (await world.compute()).show('web');
  assert.deepEqual([instance.metadata, instance.tags], [{ role: 'web' }, ['blue']]);
  assert.equal(await bootId(), before);
});

test('another size is refused without leave, nothing of the file being done, and keeps what is on the disk', async () => {
  await said('sh', '-c', 'printf kept | dd of=/dev/vda bs=4096 seek=3 conv=notrunc && sync');
  const before = await bootId();
  const larger = { memory: '256', web: '    metadata: { role: db }\n' };
  const refused = await apply(larger);
  assert.equal(refused.status, 8);
  assert.match(refused.stderr, /APPLY_NOT_ALLOWED/);
  const compute = await world.compute();
  assert.equal((await compute.flavors.show('small')).memoryMiB, 192);
  assert.deepEqual((await compute.show('web')).instance.metadata, { role: 'web' });
  assert.equal(await bootId(), before);
  assert.deepEqual(await settle(larger, '--allow-restart'), [
    'small change none done: memory',
    'web change restart done: flavor.memory metadata.role',
  ]);
  await agentAnswers();
  assert.notEqual(await bootId(), before);
  assert.equal(await onDisk(), 'kept');
  const total = Number(/\d+/.exec(await said('grep', 'MemTotal', '/proc/meminfo'))?.[0]);
  assert.ok(total > 200 * 1024, `${total} KiB`);
});

test('other user data rebuild it with leave: the disk is new, id, port and address stay', async () => {
  const wish = { memory: '256', web: '    user_data: "#!/bin/sh\\n# hunter2\\n"\n' };
  const refused = await apply(wish, '--allow-restart');
  assert.equal(refused.status, 8);
  const { ports } = (await (await world.compute()).show('web')).instance;
  const done = await settle(wish, '--allow-replace');
  assert.deepEqual(done, ['web replace replace done: user_data']);
  await agentAnswers();
  const { instance } = await (await world.compute()).show('web');
  assert.deepEqual([instance.id, instance.ports], [id, ports]);
  assert.notEqual(await onDisk(), 'kept');
  const shown = await world.novalet([
    'apply',
    '-f',
    await writeManifest(world, { memory: '256', web: '    user_data: "#!/bin/sh\\n# hunter3\\n"\n' }),
    '--dry-run',
  ]);
  assert.doesNotMatch(`${refused.stderr}${shown.stdout}`, /hunter/);
});

test('when a launch fails, those beside it end, what was done stays, and the file goes on once it is right', async () => {
  const broken = (memory: string) => ({
    memory: '256',
    web: '    tags: [green]\n',
    more: `  huge: { image: minimal, flavor: ${memory}, networks: [none] }\n  last: { image: minimal, flavor: small, networks: [none] }\n`,
  });
  await (await world.compute()).flavors.create(HUGE);
  const failed = await apply(broken('huge'));
  assert.notEqual(failed.status, 0);
  assert.match(failed.stderr, /"code": "[A-Z_]+"/);
  assert.deepEqual(stepsIn(failed), [
    'web change none done: tags',
    'huge create none failed: image flavor networks',
    'last create none done: image flavor networks',
  ]);
  const compute = await world.compute();
  assert.deepEqual(
    (await compute.list()).map(({ instance }) => instance.name),
    ['web', 'last'],
  );
  const steps = await settle(broken('small'));
  assert.deepEqual(
    steps.map((step) => step.split(':')[0]),
    ['huge create none done'],
  );
  await compute.delete('huge');
  await compute.delete('last');
});

test('what is in the way is told before anything is done', async () => {
  const compute = await world.compute();
  await compute.lock('web');
  const blocked = await apply({ memory: '300', web: '    tags: [blue]\n' });
  assert.equal(blocked.status, 4);
  assert.match(blocked.stderr, /APPLY_BLOCKED[\s\S]*novalet unlock web/);
  assert.equal((await compute.flavors.show('small')).memoryMiB, 256);
  await compute.unlock('web');
});

test('delete -f takes it back, twice, and the rest of the file with --all', async () => {
  const file = await writeManifest(world);
  const remove = async (...options: readonly string[]) =>
    await world.novalet(['-o', 'json', 'delete', '-f', file, ...options]);
  const compute = await world.compute();
  assert.equal((await remove('--dry-run')).status, 0);
  assert.equal((await compute.list()).length, 1);
  const gone = await remove();
  const lab = `${world.prefix}-lab`;
  assert.deepEqual(stepsIn(gone), [
    'web remove replace done: ',
    'door remove none done: ',
    `${lab} remove none done: `,
  ]);
  assert.deepEqual([await compute.list(), await compute.ports.list()], [[], []]);
  assert.ok(!(await compute.networks.list()).some(({ name }) => name === lab));
  assert.ok((await compute.images.list()).length === 3);
  const again = await remove();
  assert.deepEqual([again.status, stepsIn(again)], [0, []]);
  const all = await remove('--all');
  assert.deepEqual(
    stepsIn(all).map((step) => step.split(' ')[0]),
    ['small', 'minimal', 'ramdisk', 'kernel'],
  );
  assert.deepEqual(await compute.images.list(), []);
});
