// An instance that nothing less than another one satisfies: deleted and launched with leave, and brought to its end by the same
// file once more where the process was killed in between.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { World } from '../support/world.ts';
import { applyFile, settleFile, stepsIn } from './applied.ts';
import { die } from './killed-applying.ts';
import { type Wishes, writeManifest } from './manifest-of-world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

/** What the guest is told at its launch, and is compared with the record ever after. */
const CARD =
  ', { network: LAB, ipv4: none, address: "2001:db8::9/64", gateway: "2001:db8::1", route: "2001:db8:20::/48:2001:db8::2", dns: "2001:db8::3" }';
const LINKS = '    vlans: [{ id: 7, on: 1, address: 192.0.2.9/24, route: 10.20.0.0/16:192.0.2.1 }]\n';

/** The host name is chosen at the launch for good. */
function named(hostname: string): Wishes {
  return { cards: CARD, web: `    hostname: ${hostname}\n    disks: { data: { size: 16M } }\n${LINKS}` };
}

async function sh(script: string): Promise<string> {
  const compute = await world.compute();
  await compute.waitFor('web', { kind: 'agent' }, { timeoutMs: 240_000 });
  const { stdout } = await compute.exec('web', { argv: ['sh', '-c', script], timeoutMs: 60_000 });
  return stdout.toString('utf8').trim();
}

const onDisk = async () =>
  await sh("dd if=/dev/vda bs=4096 skip=3 count=1 2>/dev/null | head -c 4 | tr -d '\\0'");

test('it is replaced with leave alone: another id, an empty disk, and the same port', async () => {
  await settleFile(world, await writeManifest(world, named('first')));
  await sh('printf kept | dd of=/dev/vda bs=4096 seek=3 conv=notrunc && sync');
  const compute = await world.compute();
  const { instance: before } = await compute.show('web');
  const file = await writeManifest(world, named('second'));
  const refused = await applyFile(world, file, '--allow-restart');
  assert.deepEqual([refused.status, await onDisk()], [8, 'kept'], refused.stderr);
  const dry = await applyFile(world, file, '--dry-run', '--exit-code');
  assert.deepEqual([dry.status, stepsIn(dry)], [1, ['web replace replace -: hostname']]);
  const done = await settleFile(world, file, '--allow-replace');
  assert.deepEqual(done, ['web replace replace done: hostname']);
  const { instance } = await compute.show('web');
  assert.notEqual(instance.id, before.id);
  assert.equal(instance.hostname, 'second');
  const [now, then] = [instance, before].map(({ ports: [port] }) => [port?.id, port?.mac]);
  assert.deepEqual(now, then);
  assert.deepEqual(
    instance.volumes.map(({ name }) => name),
    ['data'],
  );
  assert.equal(await onDisk(), '');
});

test('what could not be launched in its place leaves it as it is', async () => {
  const compute = await world.compute();
  const before = await sh('cat /proc/sys/kernel/random/boot_id');
  const { web = '', ...wish } = named('third');
  const file = await writeManifest(world, { ...wish, web: `${web}    datasource: openstack\n` });
  const failed = await applyFile(world, file, '--allow-replace');
  assert.match(failed.stderr, /METADATA_SERVICE_NOT_RUNNING/);
  assert.deepEqual(stepsIn(failed), ['web replace replace failed: hostname']);
  assert.equal(await sh('cat /proc/sys/kernel/random/boot_id'), before);
  assert.equal((await compute.show('web')).instance.hostname, 'second');
});

const POINTS: readonly (readonly [string, string])[] = [
  ['plug', 'end'],
  ['record', 'begin'],
  ['start-domain', 'end'],
  ['disk-record', 'end'],
];

for (const [at, [step, phase]] of POINTS.entries()) {
  test(`killed at the ${phase} of ${step} of a replacement, it is there once the file was given again`, async () => {
    const wish = named(`host-${at}`);
    await world.closeCompute();
    await die(world, wish, [step, phase]);
    await settleFile(world, await writeManifest(world, wish), '--allow-replace');
    const compute = await world.compute();
    const views = await compute.list();
    assert.deepEqual(
      views.map(({ instance, status }) => [instance.name, instance.hostname, status]),
      [['web', `host-${at}`, 'ACTIVE']],
    );
    const [{ instance } = assert.fail('there is none')] = views;
    assert.deepEqual([instance.taskState, instance.fault], [null, null]);
    assert.deepEqual(
      instance.volumes.map(({ name }) => name),
      ['data'],
    );
    assert.equal((await compute.ports.show('door')).instance?.id, instance.id);
    const { domains } = await world.snapshot();
    assert.deepEqual(domains, [instance.domainName]);
  });
}
