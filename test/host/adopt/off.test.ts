// A domain of virsh's that is off: adopted, undefined by somebody, started, reached into, stopped, released. In order.
import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { virsh } from '../support/ask-agent.ts';
import { World } from '../support/world.ts';
import { defineForeignGuest, definitionOf, type ForeignGuest, portsOf } from './foreign-guest.ts';

const BOUND = { timeout: 240_000 };
const READY = { timeoutMs: 90_000 };
const CHANNEL = '<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>';

let world: World;
let compute: Compute;
let guest: ForeignGuest;
let domain: string;
let log: string;
let original: string;

before(async () => {
  world = await World.make();
  compute = await world.compute();
  log = join(world.stateDir, 'console.log');
  guest = await defineForeignGuest(
    world,
    'off',
    `${CHANNEL}<serial type="pty"><log file="${log}"/></serial>`,
  );
  ({ domain } = guest);
  original = await definitionOf(domain);
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

test('the record tells what the domain and its metadata tell', async () => {
  const instance = await compute.adopt({ domain, tags: ['old'] });
  assert.deepEqual(
    [instance.name, instance.domainName, instance.createdAt, instance.vmState, instance.tags],
    ['nova-off', domain, '2023-11-07T09:15:42.000Z', 'stopped', ['old']],
  );
  const { name, vcpus, memoryMiB, rootGiB } = instance.flavor;
  assert.deepEqual(
    { name, vcpus, memoryMiB, rootGiB },
    { name: 'm1.old', vcpus: 1, memoryMiB: 256, rootGiB: 3 },
  );
  assert.deepEqual(instance.adoption?.disks, [
    { device: 'disk', target: 'vda', bus: 'virtio', format: 'qcow2', source: guest.disk },
  ]);
  assert.deepEqual(
    instance.ports.map(({ mac, binding }) => [mac, binding.kind]),
    [['52:54:00:00:07:01', 'user']],
  );
  assert.equal(await definitionOf(domain), original);
});

test('it is listed and shown as adopted, without the secrets of its XML', async () => {
  const listed = await world.novalet(['list']);
  assert.match(listed.stdout, /nova-off +SHUTOFF .*\(adopted\)/);
  const shown = await world.novalet(['show', 'nova-off', '-o', 'json']);
  assert.equal(JSON.parse(shown.stdout).origin, 'adopted');
  assert.ok(!shown.stdout.includes('notshown'));
});

test('somebody undefines it, and a start brings back the same domain', async () => {
  await virsh('undefine', domain);
  await compute.start('nova-off');
  assert.equal(await definitionOf(domain), original);
  assert.equal((await compute.show('nova-off')).status, 'ACTIVE');
});

test('programs run inside by its own channel, and no port is plugged in unasked', async () => {
  await compute.waitFor('nova-off', { kind: 'agent' }, READY);
  const { stdout, via } = await compute.exec('nova-off', { argv: ['cat', '/proc/cmdline'] });
  assert.deepEqual([stdout.toString().trim(), via], ['console=ttyS0', 'agent']);
  await assert.rejects(
    compute.exec('nova-off', { argv: ['true'], via: 'lane' }),
    (error) => isFault(error, 'LANE_UNAVAILABLE') && error.hint?.includes('--add-channel') === true,
  );
  assert.deepEqual(await portsOf(domain), ['org.qemu.guest_agent.0']);
  assert.equal((await compute.guests.diagnose('nova-off')).code, 'AGENT_READY');
  const console = await compute.consoleLog('nova-off');
  assert.equal(console.path, log);
  assert.match((await console.read(1024 * 1024)).toString(), /Linux version/);
});

test('it stops, and its definition is as it was', async () => {
  await compute.stop('nova-off');
  assert.equal((await compute.show('nova-off')).status, 'SHUTOFF');
  assert.equal(await definitionOf(domain), original);
});

test('what its owner changes is what the next start takes', async () => {
  await virsh('setvcpus', domain, '2', '--config', '--maximum');
  await virsh('setvcpus', domain, '2', '--config');
  await compute.start('nova-off');
  assert.equal((await compute.show('nova-off')).instance.flavor.vcpus, 2);
  await compute.stop('nova-off', { force: true });
});

test('released, it is no instance any more, and still a domain', async () => {
  const defined = await definitionOf(domain);
  await compute.release('nova-off');
  await assert.rejects(compute.show('nova-off'), (error) => isFault(error, 'INSTANCE_NOT_FOUND'));
  const xml = await virsh('dumpxml', '--inactive', domain);
  assert.ok(!xml.includes('urn:novalet'), xml);
  assert.equal(await definitionOf(domain), defined);
  await access(guest.disk);
});
