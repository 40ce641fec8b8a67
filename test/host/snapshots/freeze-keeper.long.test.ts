// A real Debian whose filesystems are frozen for an image: consistent when all goes well, and never left frozen when whoever
// froze them is killed before the thaw. Proved by writing inside.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Image } from '../../../src/model/index.ts';
import { SLOW_AGENT, World } from '../support/world.ts';

const NAME = 'debian';
const BOUND = { timeout: 600_000 };
let world: World;
let compute: Compute;
let directory = '';
let domainName = '';

before(async () => {
  world = await World.make(SLOW_AGENT);
  compute = await world.compute();
  const image = await world.debianImage();
  const sizes = { vcpus: 2, memoryMiB: 1024, rootGiB: 4, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'frozen', ...sizes });
  const instance = await compute.launch({ image, name: NAME, flavor: 'frozen', network: 'none' });
  ({ domainName } = instance);
  directory = join(world.stateDir, 'state', 'instances', instance.id);
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: BOUND.timeout });
  assert.equal(await inside('true'), ''); // the lane is there before anything is frozen
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

/** Over the lane: the agent runs nothing while it takes its guest for frozen. */
async function inside(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await compute.exec(NAME, { argv: ['sh', '-c', script], via: 'lane' });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString().trim();
}

async function agentSays(): Promise<unknown> {
  return await compute.guests.call(NAME, { command: 'guest-fsfreeze-status' });
}

async function dieAt(step: string, phase: string, request: object): Promise<string | null> {
  const program = join(import.meta.dirname, 'image-and-die.ts');
  const args = [program, world.configFile, NAME, step, phase, JSON.stringify(request)];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: BOUND.timeout,
  });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
}

async function nothingIsLeft(): Promise<void> {
  const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'domjobinfo', domainName]);
  assert.match(stdout, /None/);
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.endsWith('.tmp')),
    [],
  );
  const images = (await compute.images.list()).map(({ name }) => name);
  assert.ok(!images.includes('doomed'), images.join(' '));
  assert.equal((await compute.show(NAME)).instance.taskState, null);
}

/** Whether the root filesystem of the image has a journal to replay, as its superblock says. */
async function needsRecovery(image: Image): Promise<boolean> {
  const raw = join(world.stateDir, `${image.name}.raw`);
  const stored = join(world.stateDir, 'state', 'images', image.id);
  await runProgram('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', stored, raw], { timeoutMs: 300_000 });
  const { stdout } = await runProgram('sfdisk', ['-J', raw]);
  const table = JSON.parse(stdout).partitiontable as { partitions: { start: number; size: number }[] };
  const [root] = table.partitions.toSorted((one, other) => other.size - one.size);
  assert.ok(root !== undefined);
  const { stdout: superblock } = await runProgram('dumpe2fs', ['-h', `${raw}?offset=${root.start * 512}`]);
  assert.match(superblock, /has_journal/);
  await rm(raw);
  return /needs_recovery/.test(superblock);
}

test(
  'an image of a guest that can freeze needs no repair, and one that was not frozen replays its journal',
  BOUND,
  async () => {
    const { image, consistency, why } = await compute.createImage(NAME, {
      name: 'whole',
      quiesce: 'require',
    });
    assert.deepEqual([consistency, why], ['filesystem', null]);
    assert.equal(image.properties['novalet_consistency'], 'filesystem');
    assert.equal(await needsRecovery(image), false);
    const torn = await compute.createImage(NAME, { name: 'torn', quiesce: 'never' });
    assert.equal(await needsRecovery(torn.image), true);
    assert.equal(await agentSays(), 'thawed');
    assert.equal(await inside('touch /root/after-images && echo written'), 'written');
  },
);

test('without a word, a guest that can freeze is frozen', BOUND, async () => {
  const { consistency } = await compute.createImage(NAME, { name: 'tried' });
  assert.equal(consistency, 'filesystem');
});

test(
  'a guest that is frozen and whose keeper is killed thaws at its deadline, and its agent is whole with the next command',
  BOUND,
  async () => {
    const request = { name: 'doomed', quiesce: 'require', freezeDeadlineMs: 60_000 };
    assert.equal(await dieAt('copy-begin', 'begin', request), 'SIGKILL');
    assert.equal(await agentSays(), 'frozen');
    // The guest's kernel holds this write until the filesystem is thawed; nobody outside does anything meanwhile.
    assert.equal(
      await inside('echo told >/root/written-when-thawed && sync && cat /root/written-when-thawed'),
      'told',
    );
    await inside('while ls /run | grep novalet-thaw; do sleep 0.1; done'); // the guest's own process did it, and ends
    assert.equal(await agentSays(), 'frozen'); // the agent was not asked, and does not know
    const listed = await world.novalet(['list']);
    assert.equal(listed.status, 0, listed.stderr);
    assert.equal(await agentSays(), 'thawed');
    const ran = await world.novalet(
      ['exec', NAME, '--via', 'agent', '--', 'cat', '/root/written-when-thawed'],
      {
        timeoutMs: 120_000,
      },
    );
    assert.equal(ran.stdout, 'told\n', ran.stderr);
    await nothingIsLeft();
  },
);

test(
  'the next command thaws a guest whose keeper was killed, long before its deadline, and ends the copy',
  BOUND,
  async () => {
    const request = { name: 'doomed', quiesce: 'require', freezeDeadlineMs: 1_000_000 };
    assert.equal(await dieAt('thaw', 'begin', request), 'SIGKILL');
    assert.equal(await agentSays(), 'frozen');
    const listed = await world.novalet(['list'], { timeoutMs: 120_000 });
    assert.equal(listed.status, 0, listed.stderr);
    assert.equal(await agentSays(), 'thawed');
    assert.equal(await inside('echo again >/root/written-when-thawed && sync && echo written'), 'written');
    await nothingIsLeft();
  },
);

test('a snapshot of frozen disks brings the files back that were there', BOUND, async () => {
  await inside('echo before >/root/file && sync');
  const { snapshot } = await compute.snapshots.create(NAME, { name: 'before', quiesce: 'require' });
  assert.equal(snapshot.consistency, 'filesystem');
  await inside('echo after >/root/file && touch /root/new && sync');
  await compute.snapshots.restore(NAME, 'before');
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: BOUND.timeout });
  assert.equal(await inside('cat /root/file; ls /root/new 2>/dev/null || echo gone'), 'before\ngone');
});
