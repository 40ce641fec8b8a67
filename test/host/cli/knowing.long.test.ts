// What the command `guest` says of a real guest, part by part, beside what the guest says of itself by other means; and
// its doctor, each time a new process that remembers nothing of the guest.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };
const NAME = 'web';
let world: World;
let compute: Compute;
let domainName: string;

before(async () => {
  world = await World.make();
  await world.minimalImage();
  compute = await world.compute();
  const sizes = { vcpus: 2, memoryMiB: 512, rootGiB: 1, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'two', ...sizes });
  ({ domainName } = await compute.launch({ image: 'minimal', name: NAME, flavor: 'two' }));
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 120_000 });
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

/** What a shell in the guest says, over a lane: what is arranged must not go by the agent that is looked at. */
async function inside(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await compute.exec(NAME, { argv: ['sh', '-c', script], via: 'lane' });
  assert.equal(exitCode, 0, String(stderr));
  return String(stdout).trim();
}

const lined = async (script: string) => (await inside(script)).split('\n');
const numbers = async (script: string) => (await inside(script)).split(/\s+/).map(Number);

/** A record of utmp(5) as x86-64 has it: somebody is logged in. */
function login(name: string, since: number): Buffer {
  const record = Buffer.alloc(384);
  record.writeInt16LE(7, 0); // USER_PROCESS
  record.writeInt32LE(1, 4);
  record.write('ttyS0', 8);
  record.write(name, 44);
  record.writeInt32LE(since, 340);
  return record;
}

async function shown() {
  const { status, stdout, stderr } = await world.novalet(['guest', NAME, '-o', 'json']);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

async function diagnosed() {
  const { status, stdout } = await world.novalet(['guest', NAME, 'doctor', '-o', 'json'], {
    timeoutMs: 90_000,
  });
  return { status, ...JSON.parse(stdout) };
}

test('system, name, clock, load, processors and memory are those of the guest', BOUND, async () => {
  const since = 1_700_000_000;
  await inside(`echo ${login('guest', since).toString('base64')} | base64 -d >/run/utmp`);
  const record = await shown();
  const [release, version, machine] = await lined('uname -r; uname -v; uname -m');
  const [id, versionId] = await lined('. /etc/os-release; echo "$ID"; echo "$VERSION_ID"');
  assert.partialDeepStrictEqual(record.os, {
    id,
    version_id: versionId,
    kernel_release: release,
    kernel_version: version,
    machine,
  });
  assert.equal(record.hostname, await inside('hostname'));
  assert.equal(record.agent_version, /[\d.]+/.exec(await inside('qemu-ga --version'))?.[0]);
  assert.ok(Math.abs(record.time.drift_ms) < 5000 && record.time.uncertainty_ms > 0);
  assert.ok(Math.abs(record.time.guest_ms - Date.now()) < 60_000);
  assert.deepEqual(record.timezone, { zone: 'UTC', offset_seconds: 0 });
  const load = await numbers("cut -d' ' -f1-3 /proc/loadavg");
  assert.equal(record.load.length, 3);
  for (const [at, value] of load.entries()) assert.ok(Math.abs(record.load[at] - value) < 2, `${load}`);
  assert.deepEqual(record.vcpus, [
    { id: 0, online: true },
    { id: 1, online: true },
  ]);
  const [blocks, size] = await lined(
    'cd /sys/devices/system/memory; cat memory*/state | grep -cx online; cat block_size_bytes',
  );
  assert.deepEqual(record.memory_blocks, {
    size_bytes: Number.parseInt(size ?? '', 16),
    online: Number(blocks),
    offline: 0,
  });
  assert.deepEqual(record.users, [
    { name: 'guest', domain: null, since: new Date(since * 1000).toISOString() },
  ]);
  assert.deepEqual([record.frozen, record.unknown], [false, []]);
  assert.deepEqual(record.unusable_commands, [{ name: 'guest-get-devices', by: 'system' }]);
});

test('disks and filesystems have their use, and are known to be ours', BOUND, async () => {
  await inside('mke2fs /dev/vda >/dev/null 2>&1; mkdir -p /run/data; mount -t ext2 /dev/vda /run/data');
  await inside('head -c 3000000 /dev/zero >/run/data/file; sync');
  const record = await shown();
  assert.partialDeepStrictEqual(record.disks, [
    {
      name: '/dev/vda',
      partition: false,
      instance_disks: [{ target: 'vda', role: 'root', mapped_by: 'address' }],
    },
  ]);
  const [blocks = 0, free = 0, available = 0, size = 0] = await numbers('stat -f -c "%b %f %a %S" /run/data');
  assert.deepEqual(record.filesystems, [
    {
      name: 'vda',
      mountpoint: '/run/data',
      type: 'ext2',
      used_bytes: (blocks - free) * size,
      total_bytes: (blocks - free + available) * size, // without what is kept for root
      instance_disks: [{ target: 'vda', role: 'root', mapped_by: 'address' }],
    },
  ]);
  assert.ok((blocks - free) * size > 3_000_000);
  assert.equal((await world.novalet(['freeze', NAME, '--deadline', '120'])).status, 0);
  const frozen = await shown();
  assert.deepEqual([frozen.frozen, frozen.hostname, frozen.filesystems], [true, null, null]);
  assert.ok(frozen.unusable_commands.some((one: object) => 'by' in one && one.by === 'frozen'));
  assert.ok(
    frozen.unknown.every(({ code }: { code: string }) => code === 'AGENT_FROZEN'),
    frozen.unknown,
  );
  assert.partialDeepStrictEqual(await diagnosed(), { status: 1, code: 'AGENT_FROZEN' });
  assert.equal((await world.novalet(['thaw', NAME])).status, 0);
  assert.equal((await shown()).hostname, 'minimal');
  await inside('umount /run/data');
});

test('interfaces and routes are those of the guest, also in the table', BOUND, async () => {
  const record = await shown();
  const names = await lined('ls /sys/class/net');
  const listed: { name: string; mac: string | null; addresses: { address: string }[]; rx_bytes: number }[] =
    record.interfaces;
  assert.deepEqual(listed.map(({ name }) => name).sort(), names.sort());
  const nic = listed.find(({ name }) => name === 'eth0');
  assert.equal(nic?.mac, await inside('cat /sys/class/net/eth0/address'));
  const address = await inside("ip -4 -o addr show dev eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'");
  assert.ok(nic.addresses.some((one) => one.address === address));
  assert.ok(nic.rx_bytes > 0);
  const gateway = await inside("ip route | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p'");
  const [first] = record.routes.routes.filter((route: { gateway: string | null }) => route.gateway !== null);
  assert.partialDeepStrictEqual(first, { destination: '0.0.0.0/0', gateway, interface: 'eth0' });
  const { stdout } = await world.novalet(['guest', NAME]);
  for (const label of ['os', 'kernel', 'hostname', 'clock', 'load', 'cpus', 'memory', 'disks', 'agent'])
    assert.match(stdout, new RegExp(`^${label} +\\S`, 'm'));
  assert.match(stdout, new RegExp(`default|0\\.0\\.0\\.0/0 via ${gateway} dev eth0`));
});

test('a processor that the guest left off is shown, and brought online', BOUND, async () => {
  await inside('echo 0 >/sys/devices/system/cpu/cpu1/online');
  assert.deepEqual((await shown()).vcpus, [
    { id: 0, online: true },
    { id: 1, online: false },
  ]);
  const { status, stderr } = await world.novalet(['vcpus', 'online', NAME]);
  assert.equal(status, 0, stderr);
  assert.equal(await inside('cat /sys/devices/system/cpu/online'), '0-1');
});

test('what the guest writes of itself is not obeyed by a terminal, and whole in JSON', BOUND, async () => {
  await inside('printf "NAME=x\\nPRETTY_NAME=\\"a\\033[31mb\\033]0;t\\007c\\"\\n" >/etc/os-release');
  const { stdout } = await world.novalet(['guest', NAME]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  assert.match(stdout, /^os +abc$/m);
  assert.equal((await shown()).os.pretty_name, 'a\u001b[31mb\u001b]0;t\u0007c');
});

test(
  'an agent that may do everything is healthy; one in a guest whose SELinux confines it is not',
  BOUND,
  async () => {
    assert.partialDeepStrictEqual(await diagnosed(), { status: 0, code: 'AGENT_READY', cures: [] });
    // This kernel has no SELinux: a file says that it enforces, and nothing can be executed, as where its policy is strict.
    await inside('mount -t tmpfs none /sys/fs && mkdir /sys/fs/selinux && echo 1 >/sys/fs/selinux/enforce');
    const guest = await compute.guest(NAME, { via: 'lane' });
    const script = 'chmod 644 /bin/busybox; echo denied; read -r line; chmod 755 /bin/busybox; echo allowed';
    await using denying = await guest.spawn({ argv: ['sh', '-c', script], stdin: true });
    const lines = createInterface({ input: denying.stdout })[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, 'denied');
    const { status, code, state, cures } = await diagnosed();
    denying.stdin.end('go on\n');
    assert.equal((await lines.next()).value, 'allowed');
    await inside('umount /sys/fs');
    assert.deepEqual([status, code, state], [1, 'AGENT_CONFINED', 'limited']);
    assert.match(cures.join(), /ausearch.*setsebool/);
  },
);

test("an agent that somebody else's request holds is busy", BOUND, async () => {
  await inside('kill -STOP $(pidof qemu-ga)');
  const words = ['-c', 'qemu:///system', 'qemu-agent-command', '--timeout', '60', domainName];
  const other = spawn('virsh', [...words, '{"execute":"guest-get-time"}'], { stdio: 'ignore' });
  const ended = once(other, 'close');
  try {
    let last = await diagnosed();
    for (let turn = 0; turn < 3 && last.code !== 'AGENT_BUSY'; turn += 1) last = await diagnosed();
    assert.deepEqual([last.status, last.code], [1, 'AGENT_BUSY'], JSON.stringify(last));
  } finally {
    await inside('kill -CONT $(pidof qemu-ga)');
    other.kill();
    await ended;
  }
  assert.equal((await diagnosed()).code, 'AGENT_READY');
});

test(
  'an agent that ended is told, by a process that never heard of it, from one that never was',
  BOUND,
  async () => {
    await inside('mv /usr/sbin/qemu-ga /usr/sbin/away; kill $(pidof qemu-ga)');
    while ((await compute.show(NAME)).agent !== 'disconnected'); // libvirt has heard of it
    const stopped = await diagnosed();
    assert.deepEqual([stopped.status, stopped.code], [1, 'AGENT_STOPPED'], JSON.stringify(stopped));
    // Without our server nothing in the guest tells that there has been one.
    const end =
      'echo "web login: " >/dev/ttyS0; cd /proc; for p in [0-9]*; do grep -qs novalet-lane $p/comm && kill -9 $p; done';
    await assert.rejects(inside(end), isFault);
    const log = await compute.consoleLog(NAME);
    while (!(await log.read(4096)).includes('web login: ')); // libvirt's logger has come to it
    const never = await diagnosed();
    assert.deepEqual([never.status, never.code], [1, 'AGENT_NOT_RUNNING'], JSON.stringify(never));
    assert.match(never.cures.join(), /install qemu-guest-agent/);
  },
);

test('a guest that panicked is said to have, not that its agent hangs', BOUND, async () => {
  await compute.reboot(NAME, { hard: true });
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 120_000 });
  await inside('echo 8 >/proc/sys/kernel/printk; echo 1 >/proc/sys/kernel/unknown_nmi_panic');
  await runProgram('virsh', ['-c', 'qemu:///system', 'inject-nmi', domainName]);
  while (!/Kernel panic/.test(String(await (await compute.consoleLog(NAME)).read(4096)))) await turn();
  const { status, code, sentence } = await diagnosed();
  assert.deepEqual([status, code], [1, 'GUEST_BOOT_FAILED'], sentence);
  assert.match(sentence, /panicked/);
});
