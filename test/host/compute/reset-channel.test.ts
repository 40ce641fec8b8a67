// The cure for an agent that libvirt has given up, on a real guest whose agent is driven to it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { askAgent, virsh } from '../support/ask-agent.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
let domainName: string;
const name = 'given-up';

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  ({ domainName } = await compute.launch({ image: 'minimal', name, network: 'none' }));
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 90_000 });
});

/** A reply of more than 10 MiB, after which libvirt asks this agent no more. */
async function makeLibvirtGiveUp(): Promise<void> {
  const handle = await askAgent(domainName, 'guest-file-open', { path: '/dev/zero', mode: 'r' });
  await assert.rejects(askAgent(domainName, 'guest-file-read', { handle, count: 8_000_000 }));
}

/** The channel's element, the state left out. */
async function channelXml(...options: readonly string[]): Promise<string> {
  const xml = await virsh('dumpxml', ...options, domainName);
  return agentChannel(xml)
    .replace(/ state='\w+'/, '')
    .replace(/\s*<alias name='\w+'\/>/, ''); // a new one each time that it is attached
}

function agentChannel(xml: string): string {
  const channels = xml.match(/<channel type='unix'>[\s\S]*?<\/channel>/g) ?? [];
  return channels.find((channel) => channel.includes("'org.qemu.guest_agent.0'")) ?? '';
}

test('an agent that libvirt has given up is told as such, with its cure, and the cure works', async () => {
  const [live, configured] = [await channelXml(), await channelXml('--inactive')];
  assert.match(live, /port='1'/);
  await makeLibvirtGiveUp();
  const diagnosis = await compute.guests.diagnose(name);
  assert.deepEqual([diagnosis.code, diagnosis.state], ['AGENT_DISABLED', 'ill']);
  assert.deepEqual(diagnosis.cures, [`novalet guest ${name} reset-channel`]);
  await assert.rejects(
    compute.guests.time(name),
    (error) => isFault(error, 'AGENT_DISABLED') && error.hint === `novalet guest ${name} reset-channel`,
  );
  await compute.guests.resetChannel(name);
  await askAgent(domainName, 'guest-ping');
  assert.equal((await compute.guests.diagnose(name)).code, 'AGENT_READY');
  assert.ok(Number.isFinite((await compute.guests.time(name)).driftMs));
  assert.equal(await channelXml(), live);
  assert.equal(await channelXml('--inactive'), configured);
});

test('a channel that somebody detached is told, and put back where it was', async () => {
  const live = await channelXml();
  const alias = /<alias name='(\w+)'/.exec(agentChannel(await virsh('dumpxml', domainName)))?.[1] ?? '';
  await virsh('detach-device-alias', domainName, alias, '--live');
  while ((await channelXml()) !== ''); // the guest's kernel lets go of it in its own time
  const diagnosis = await compute.guests.diagnose(name);
  assert.equal(diagnosis.code, 'AGENT_ABSENT');
  assert.match(diagnosis.cures.join(), /reset-channel/);
  await compute.guests.resetChannel(name);
  assert.equal(await channelXml(), live);
  await askAgent(domainName, 'guest-ping');
});

test('two resets at once take turns, and both leave an agent that answers', async () => {
  await Promise.all([compute.guests.resetChannel(name), compute.guests.resetChannel(name)]);
  assert.equal((await compute.guests.diagnose(name)).code, 'AGENT_READY');
});

test('an agent that runs no more keeps its channel: the reset says that nobody answers', async () => {
  const script = 'mv /usr/sbin/qemu-ga /usr/sbin/away; kill $(pidof qemu-ga)';
  await askAgent(domainName, 'guest-exec', { path: '/bin/sh', arg: ['-c', script] });
  while (!(await virsh('dumpxml', domainName)).includes("state='disconnected'"));
  const waiting = new AbortController();
  const reset = compute.guests.resetChannel(name, {
    signal: waiting.signal,
    onProgress: ({ what }) => what === 'waiting for the agent' && waiting.abort(),
  });
  await assert.rejects(reset, (error) => isFault(error, 'CANCELLED'));
  assert.match(await channelXml(), /port='1'/);
  assert.equal((await compute.guests.diagnose(name)).state, 'ill');
});

test('an instance that is off has no channel to reset', async () => {
  await compute.stop(name, { force: true });
  await assert.rejects(compute.guests.resetChannel(name), (error) => isFault(error, 'INSTANCE_NOT_RUNNING'));
});
