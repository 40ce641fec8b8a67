// A domain of virsh's that runs and has no channel: adopted, given one, reached into, deleted. In order.
import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { virsh } from '../support/ask-agent.ts';
import { World } from '../support/world.ts';
import { defineForeignGuest, definitionOf, type ForeignGuest, portsOf } from './foreign-guest.ts';

const BOUND = { timeout: 240_000 };
const READY = { timeoutMs: 90_000 };
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl nvt@example';

let world: World;
let compute: Compute;
let guest: ForeignGuest;
let domain: string;

before(async () => {
  world = await World.make();
  compute = await world.compute();
  guest = await defineForeignGuest(world, 'runs', '');
  ({ domain } = guest);
  await virsh('start', domain);
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

test('what does not work with it is said, with the cure', async () => {
  const { status, stderr, stdout } = await world.novalet(['adopt', domain, '--name', 'mail']);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /status +ACTIVE/);
  assert.match(stderr, /no channel for an agent: exec, cp, .*novalet adopt \S+-runs --add-channel/);
  assert.match(stderr, /console is written to no file/);
  await assert.rejects(
    compute.exec('mail', { argv: ['true'] }),
    (error) =>
      isFault(error, 'AGENT_ABSENT') && error.hint?.includes(`adopt ${domain} --add-channel`) === true,
  );
  const { code, cures } = await compute.guests.diagnose('mail');
  assert.equal(code, 'AGENT_ABSENT');
  assert.match(cures.join(), /--add-channel/);
  await assert.rejects(compute.consoleLog('mail'), (error) => isFault(error, 'CONSOLE_NOT_LOGGED'));
  assert.deepEqual(await portsOf(domain), []);
});

test('ports are added when somebody asks, once however often, and it is said when they come at a reboot', async () => {
  const wanted = ['org.qemu.guest_agent.0', 'org.novalet.lane.0'];
  await compute.adopt({ domain, addChannel: true });
  const { status, stderr } = await world.novalet(['adopt', domain, '--add-channel']);
  assert.equal(status, 0, stderr);
  assert.deepEqual(await portsOf(domain, '--inactive'), wanted);
  const live = await portsOf(domain); // libvirt plugs no controller for ports into a domain that runs
  assert.deepEqual([live, /when it is off and on: novalet reboot mail --hard/.test(stderr)], [[], true]);
  assert.match(await definitionOf(domain), /<note:b>unread<\/note:b>[\s\S]*string=kept/);
});

test('after a reboot both roads lead inside', async () => {
  await compute.reboot('mail', { hard: true });
  await compute.waitFor('mail', { kind: 'agent' }, READY);
  const { stdout, via } = await compute.exec('mail', { argv: ['echo', 'inside'] });
  assert.deepEqual([stdout.toString(), via], ['inside\n', 'lane']);
});

test('it is paused, suspended and rebooted as any other, its definition stays, and it is not shelved', async () => {
  const definition = await definitionOf(domain);
  await compute.pause('mail');
  await compute.unpause('mail');
  await compute.suspend('mail');
  await compute.resume('mail');
  await compute.suspend('mail');
  await compute.reboot('mail', { hard: true });
  await compute.rename('mail', 'post');
  await compute.rename('post', 'mail');
  await assert.rejects(compute.shelve('mail'), (error) => isFault(error, 'INSTANCE_ADOPTED'));
  assert.equal((await compute.show('mail')).status, 'ACTIVE');
  assert.equal(await definitionOf(domain), definition);
  await compute.waitFor('mail', { kind: 'agent' }, READY);
});

test('novalet writes to no disk that it did not make', async () => {
  await compute.stop('mail', { force: true });
  const { status, stderr } = await world.novalet(['keys', 'add', 'mail', '--offline', '--key', KEY]);
  assert.deepEqual([status, /OFFLINE_NOT_OURS/.test(stderr)], [7, true], stderr);
});

test('what libvirt keeps with it is not thrown away', async () => {
  await virsh('snapshot-create-as', domain, 'before');
  await assert.rejects(compute.delete('mail'), (error) => isFault(error, 'DOMAIN_KEEPS_STATE'));
  assert.equal((await compute.show('mail')).status, 'SHUTOFF');
  await virsh('snapshot-delete', domain, 'before');
});

test('deleting it undefines the domain and leaves every file, and says which', async () => {
  const { status, stdout, stderr } = await world.novalet(['delete', 'mail', '-o', 'json']);
  assert.equal(status, 0, stderr);
  const [{ left_files: left }] = JSON.parse(stdout);
  assert.equal(left.length, 3);
  for (const file of left) await access(file);
  assert.ok(left.includes(guest.disk));
  assert.ok(!(await virsh('list', '--all', '--name')).includes(domain));
});
