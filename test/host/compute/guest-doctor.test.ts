// What can be wrong with a guest's agent, each brought about in a real guest; and the guest's facts when nothing is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { isFault } from '../../../src/base/index.ts';
import type { Compute, Diagnosis } from '../../../src/compute/index.ts';
import { AGENT_COMMANDS } from '../../../src/guest/index.ts';
import { askAgent, runInGuest, startInGuest, virsh } from '../support/ask-agent.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
let domainName: string;
const name = 'patient';

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  ({ domainName } = await compute.launch({ image: 'minimal', name, network: 'none' }));
});

/** Asks until the answer is the wanted one: what was arranged takes effect in the guest's own time. The test's bound ends it. */
async function diagnosedAs(code: string): Promise<Diagnosis> {
  for (;;) {
    const told = await compute.guests.diagnose(name);
    if (told.code === code) return told;
    await pause(100);
  }
}

/** Until the agent, asked past us, answers no more. */
async function untilSilent(): Promise<void> {
  for (;;) {
    const [asked] = await Promise.allSettled([askAgent(domainName, 'guest-ping')]);
    if (asked.status === 'rejected') return;
  }
}

test('a guest that was just started is said to boot, and since when', async () => {
  const diagnosis = await compute.guests.diagnose(name);
  if (diagnosis.code !== 'AGENT_READY') {
    assert.equal(diagnosis.code, 'AGENT_BOOTING');
    assert.match(diagnosis.sentence, /started \d+(\.\d)? s ago/);
    assert.ok(diagnosis.cures.includes(`novalet wait ${name} agent`));
  }
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 90_000 });
  const now = await compute.guests.diagnose(name);
  assert.deepEqual([now.code, now.state, now.cures], ['AGENT_READY', 'healthy', []]);
});

test('a guest without a network tells all of itself, and its disk is known to be ours', async () => {
  await runInGuest(
    domainName,
    'mke2fs /dev/vda && mkdir -p "/run/a disk" && mount -t ext2 /dev/vda "/run/a disk"',
  );
  const { facts, attachedDisks, attachedFilesystems } = await compute.guests.facts(name);
  assert.equal(facts.os.known && facts.os.value.id, 'debian');
  assert.match(facts.os.known ? (facts.os.value.kernelRelease ?? '') : '', /^6\.1\./);
  assert.deepEqual(facts.hostName, { known: true, value: 'minimal' });
  assert.ok(facts.time.known && Math.abs(facts.time.value.driftMs) < 60_000);
  assert.deepEqual(facts.vcpus, { known: true, value: [{ id: 0, online: true, canOffline: false }] });
  assert.deepEqual(facts.memory, {
    known: true,
    value: { blockBytes: 134_217_728, online: 4, offline: 0 },
  });
  assert.ok(facts.load.known && facts.load.value.oneMinute >= 0);
  assert.ok(facts.routes.known && facts.routes.value.source === 'proc');
  assert.deepEqual(facts.unusable, [{ name: 'guest-get-devices', by: 'system' }]);
  assert.deepEqual(attachedDisks, [{ guest: '/dev/vda', target: 'vda', by: 'address', role: 'root' }]);
  assert.deepEqual(attachedFilesystems, [
    { guest: '/run/a disk', target: 'vda', by: 'address', role: 'root' },
  ]);
  const [filesystem] = facts.filesystems.known ? facts.filesystems.value : [];
  assert.ok((filesystem?.usedBytes ?? 0) > 0 && (filesystem?.totalBytes ?? 0) > 100_000_000);
});

test("a clock that is years behind is set to the host's", async () => {
  await runInGuest(domainName, 'date -s @1700000000');
  const wrong = await compute.guests.time(name);
  assert.ok(wrong.driftMs < -86_400_000);
  const { before: earlier, after: now } = await compute.guests.syncTime(name);
  assert.ok(earlier.driftMs < -86_400_000);
  assert.ok(Math.abs(now.driftMs) < 500 + now.uncertaintyMs, `${now.driftMs} ms`);
});

test('trim and processors are asked of the guest', async () => {
  const trimmed = await compute.guests.trim(name);
  assert.ok(trimmed.every(({ mountpoint }) => mountpoint === '/run/a disk'));
  assert.deepEqual(await compute.guests.onlineVcpus(name), { onlined: [], online: 1 });
});

test('a frozen guest is said to be frozen, and to have the commands that the table lists', async () => {
  assert.deepEqual(await compute.guests.freeze(name, { deadlineMs: 60_000 }), { filesystems: 1 });
  const info = Object(await askAgent(domainName, 'guest-info'));
  const enabled = [...info.supported_commands].filter((entry) => entry.enabled).map((entry) => entry.name);
  const listed = Object.entries(AGENT_COMMANDS).filter(([, entry]) => 'whileFrozen' in entry);
  assert.deepEqual(enabled.sort(), listed.map(([command]) => command).sort());
  const diagnosis = await compute.guests.diagnose(name);
  assert.deepEqual([diagnosis.code, diagnosis.state], ['AGENT_FROZEN', 'limited']);
  await assert.rejects(compute.guests.freeze(name, { deadlineMs: 1000 }), (error) =>
    isFault(error, 'AGENT_FROZEN'),
  );
  assert.deepEqual(await compute.guests.thaw(name), { filesystems: 1 });
  assert.equal((await compute.guests.diagnose(name)).code, 'AGENT_READY');
});

/** Over the lane, which is opened before anything is frozen: the agent runs nothing while it takes its guest for frozen. */
async function overLane(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await compute.exec(name, { argv: ['sh', '-c', script], via: 'lane' });
  assert.equal(exitCode, 0, String(stderr));
  return String(stdout).trim();
}

test('a freeze that nobody ends is ended by the guest itself at its deadline', async () => {
  await overLane('true');
  await compute.guests.freeze(name, { deadlineMs: 8000 }); // more than a busy guest needs to freeze
  // Nobody thaws. The guest's kernel holds this write until the disk can be written to again.
  assert.equal(await overLane('echo told >"/run/a disk/thawed" && cat "/run/a disk/thawed"'), 'told');
  assert.equal((await compute.guests.diagnose(name)).code, 'AGENT_FROZEN'); // the agent does not notice
  assert.deepEqual(await compute.guests.thaw(name), { filesystems: 0 });
  assert.equal((await compute.guests.diagnose(name)).code, 'AGENT_READY');
  assert.equal(await overLane('ls /run | grep -c novalet-thaw; true'), '0');
});

test('a paused guest is said to be paused, and is not frozen', async () => {
  await virsh('suspend', domainName);
  try {
    const { code, cures } = await compute.guests.diagnose(name);
    assert.equal(code, 'INSTANCE_PAUSED');
    assert.match(cures.join(), /novalet unpause /);
    await assert.rejects(compute.guests.freeze(name, { deadlineMs: 1000 }), (error) =>
      isFault(error, 'INSTANCE_PAUSED'),
    );
  } finally {
    await virsh('resume', domainName);
  }
});

test('commands that the guest forbids are named, with where it does; the rest is told all the same', async () => {
  const options = '--block-rpcs=guest-exec,guest-file-open';
  await startInGuest(
    domainName,
    `sed -i 's/exec qemu-ga/exec qemu-ga ${options}/' /usr/sbin/guest-agent; kill $(pidof qemu-ga)`,
  );
  const diagnosis = await diagnosedAs('AGENT_COMMAND_BLOCKED');
  assert.equal(diagnosis.state, 'limited');
  assert.match(diagnosis.sentence, /guest-exec, guest-file-open$/);
  assert.match(diagnosis.cures.join(), /--block-rpcs/);
  const { facts } = await compute.guests.facts(name);
  assert.ok(facts.os.known && facts.disks.known);
  assert.equal(facts.load.known || facts.load.code, 'AGENT_COMMAND_BLOCKED');
  await assert.rejects(
    compute.guests.freeze(name, { deadlineMs: 1000 }),
    (error) => isFault(error, 'FREEZE_UNGUARDED') && error.kind === 'unsupported',
  );
});

test('an agent that hangs is said to hang, and a stopped instance to be off', async () => {
  await compute.reboot(name, { hard: true });
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 90_000 });
  await compute.guests.trim(name); // so that the agent's commands are known, and the next one is the act itself
  await startInGuest(domainName, 'kill -STOP $(pidof qemu-ga)');
  await untilSilent(); // a diagnosis that meets it half stopped would leave a hang in our memory of it
  const hung = await diagnosedAs('AGENT_HUNG');
  assert.ok(hung.cures.some((cure) => cure.includes('systemctl restart qemu-guest-agent')));
  await assert.rejects(
    compute.guests.thaw(name),
    (error) => isFault(error, 'AGENT_ANSWER_LOST') && error.outcome === 'unknown',
  );
  await assert.rejects(
    compute.guests.time(name),
    (error) => isFault(error, 'AGENT_UNRESPONSIVE') && error.hint?.includes(`guest ${name} doctor`) === true,
  );
  await compute.stop(name, { force: true });
  const off = await compute.guests.diagnose(name);
  assert.deepEqual([off.code, off.cures], ['INSTANCE_NOT_RUNNING', [`novalet start ${name}`]]);
});

test('an agent that ended is told from one that never was', async () => {
  await compute.start(name);
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 90_000 });
  await compute.guests.time(name); // heard from
  await startInGuest(domainName, 'mv /usr/sbin/qemu-ga /usr/sbin/away; kill $(pidof qemu-ga)');
  const { cures } = await diagnosedAs('AGENT_STOPPED');
  assert.ok(cures.some((cure) => cure.includes('systemctl restart qemu-guest-agent')));
  await compute.delete(name);
});

test('an instance whose image wants no agent is said to have no channel', async () => {
  const minimal = await compute.images.show('minimal');
  const directory = process.env['NOVALET_TEST_CACHE'] ?? '/var/cache/novalet-test';
  await compute.images.add({
    source: `${directory}/minimal/disk.raw`,
    name: 'mute',
    diskFormat: 'raw',
    properties: { ...minimal.properties, hw_qemu_guest_agent: 'no' },
  });
  await compute.launch({ image: 'mute', name: 'mute', network: 'none' });
  const { code, cures } = await compute.guests.diagnose('mute');
  assert.equal(code, 'AGENT_ABSENT');
  assert.match(cures.join(), /hw_qemu_guest_agent=no/);
  await assert.rejects(compute.guests.resetChannel('mute'), (error) => isFault(error, 'AGENT_ABSENT'));
  await compute.delete('mute');
});
