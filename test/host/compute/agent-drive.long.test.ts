// Whole Debian guests that come without an agent and get one, and one that has one and is left alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Compute, LaunchRequest } from '../../../src/compute/index.ts';
import { agentlessDebian, OWN_ARCHIVE } from '../support/agentless-debian.ts';
import { SLOW_AGENT, World } from '../support/world.ts';

const BOOT_MS = 600_000; // without KVM on a busy host
const NAME = 'lone';
/** A name that no resolver knows. */
const DEAD_ARCHIVE = 'deb http://archive.invalid/debian bookworm main';

/** User data with which apt looks there and nowhere else: Debian's cloud-init leaves the image's sources, if it is not told. */
function aptAt(source: string): Uint8Array {
  return Buffer.from(`#cloud-config\napt: { preserve_sources_list: false, sources_list: "${source}\\n" }\n`);
}

async function launch(world: World, request: LaunchRequest): Promise<Compute> {
  const compute = await world.compute();
  const size = { vcpus: 2, memoryMiB: 1024, rootGiB: 4, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'whole', ...size });
  await compute.launch({ ...request, name: NAME, flavor: 'whole' });
  return compute;
}

async function inside(compute: Compute, ...argv: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await compute.exec(NAME, { argv });
  assert.equal(exitCode, 0, `${argv.join(' ')}: ${stdout.toString()}${stderr.toString()}`);
  return stdout.toString('utf8').trim();
}

/** The program that runs as this service. */
async function programOf(compute: Compute, service: string): Promise<string> {
  return await inside(compute, 'sh', '-c', `readlink /proc/$(systemctl show -P MainPID ${service})/exe`);
}

const bootId = (compute: Compute) => inside(compute, 'cat', '/proc/sys/kernel/random/boot_id');

async function waitForCloudInit(compute: Compute): Promise<void> {
  await compute.waitFor(NAME, { kind: 'cloud-init' }, { timeoutMs: BOOT_MS });
  const result = JSON.parse(await inside(compute, 'cat', '/run/cloud-init/result.json'));
  assert.deepEqual(result.v1.errors, []);
}

const said = (compute: Compute) =>
  inside(compute, 'journalctl', '-t', 'novalet-agent', '-o', 'cat', '--no-pager');

test('a guest without an agent gets one from the agent drive, with no network, and keeps it over a reboot', {
  timeout: 3 * BOOT_MS,
}, async () => {
  await using world = await World.make(SLOW_AGENT);
  const compute = await launch(world, { image: await agentlessDebian(world), network: 'none' });
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: BOOT_MS });
  assert.equal(await programOf(compute, 'novalet-agent.service'), '/opt/novalet-agent/bin/ld.so');
  const firstBoot = await bootId(compute);
  await waitForCloudInit(compute);
  assert.equal(await said(compute), 'the agent came from the drive');
  await compute.reboot(NAME);
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: BOOT_MS });
  assert.notEqual(await bootId(compute), firstBoot);
  assert.equal(await programOf(compute, 'novalet-agent.service'), '/opt/novalet-agent/bin/ld.so');
});

test('where the network is dead and no package comes, the drive gives the agent', {
  timeout: 2 * BOOT_MS,
}, async () => {
  await using world = await World.make(SLOW_AGENT);
  const image = await agentlessDebian(world);
  const compute = await launch(world, { image, userData: aptAt(DEAD_ARCHIVE) });
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: BOOT_MS });
  assert.equal(await programOf(compute, 'novalet-agent.service'), '/opt/novalet-agent/bin/ld.so');
  await waitForCloudInit(compute);
  assert.deepEqual((await said(compute)).split('\n'), [
    'no agent came as a package',
    'the agent came from the drive',
  ]);
});

test('where there is a network and its archive answers, the agent is the distribution’s package', {
  timeout: 2 * BOOT_MS,
}, async () => {
  await using world = await World.make(SLOW_AGENT);
  const image = await agentlessDebian(world, { withArchive: true });
  const compute = await launch(world, { image, userData: aptAt(OWN_ARCHIVE) });
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: BOOT_MS });
  assert.equal(await programOf(compute, 'qemu-guest-agent.service'), '/usr/sbin/qemu-ga');
  await waitForCloudInit(compute);
  assert.equal(await said(compute), 'the agent came as a package');
  await inside(compute, 'sh', '-c', 'test ! -e /opt/novalet-agent');
});

test('a guest that has an agent is left as it is, although the drive is there', {
  timeout: 2 * BOOT_MS,
}, async () => {
  await using world = await World.make(SLOW_AGENT);
  const compute = await launch(world, { image: await world.debianImage(), network: 'none' });
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: BOOT_MS });
  const disks = (await compute.show(NAME)).instance.disks.map(({ role }) => role);
  assert.deepEqual(disks, ['root', 'config', 'agent']);
  await waitForCloudInit(compute);
  assert.equal(await programOf(compute, 'qemu-guest-agent.service'), '/usr/sbin/qemu-ga');
  assert.equal(await said(compute), '');
  await inside(
    compute,
    'sh',
    '-c',
    'test ! -e /opt/novalet-agent && test ! -e /etc/systemd/system/novalet-agent.service',
  );
  assert.equal(
    await inside(compute, 'systemctl', 'show', '-P', 'NRestarts', 'qemu-guest-agent.service'),
    '0',
  );
});
