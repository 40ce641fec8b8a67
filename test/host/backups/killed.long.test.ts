// Crash only: an export, an import, a backup and a restore that are killed at any step leave nothing half done behind the next
// command. Of a guest that runs and, where the work is another then, of one that is off.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
const flavor = {
  name: 'full',
  vcpus: 1,
  memoryMiB: 256,
  rootGiB: 0,
  ephemeralGiB: 1,
  swapMiB: 0,
  extraSpecs: {},
};
const outside = join(world.stateDir, 'outside');
const whole = join(world.stateDir, 'whole.tar');
after(() => world[Symbol.asyncDispose]());

before(async () => {
  const compute = await world.compute();
  await world.minimalImage();
  await compute.flavors.create(flavor);
  await compute.launch({ image: 'minimal', name: 'one', flavor: 'full' });
  await compute.waitFor('one', { kind: 'agent' });
  await mkdir(outside, { mode: 0o711 });
  await inGuest('dd if=/dev/urandom of=/dev/vdb bs=1M count=8 2>/dev/null; sync');
  await compute.exportInstance('one', { to: whole });
  await world.closeCompute();
});

for (const [step, phase] of [
  ['copy-disks', 'begin'],
  ['copy-disks', 'progress'],
  ['write-disks/disk', 'begin'],
  ['write-ramdisk', 'end'],
] as const) {
  test(`an export killed at the ${phase} of ${step} leaves nothing`, async () => {
    const untouched = await world.snapshot();
    await dieAt('export', join(outside, 'one.tar'), step, phase);
    assert.deepEqual(await listed(), ['one ACTIVE']);
    assert.deepEqual(await world.snapshot(), untouched);
    assert.deepEqual(await readdir(outside), []);
    assert.equal(await jobOf(), 'none');
  });
}

for (const [step, phase] of [
  ['read-disks/disk', 'begin'],
  ['read-disks/disk.local', 'end'],
  ['read-ramdisk', 'end'],
] as const) {
  test(`an import killed at the ${phase} of ${step} leaves nothing`, async () => {
    const untouched = await world.snapshot();
    await dieAt('import', whole, step, phase);
    assert.deepEqual(await listed(), ['one ACTIVE']);
    assert.deepEqual(await world.snapshot(), untouched);
  });
}

const BACKUP_STEPS = [
  ['copy-disks', 'begin'],
  ['copy-disks', 'progress'],
  ['copy-disks', 'end'],
  ['keep', 'begin'],
] as const;

for (const state of ['ACTIVE', 'SHUTOFF']) {
  // one that is off takes a QEMU of its own each time
  const steps = BACKUP_STEPS.filter(
    ([step, phase]) => state === 'ACTIVE' || step === 'keep' || phase === 'progress',
  );
  for (const [step, phase] of steps) {
    test(`a backup killed at the ${phase} of ${step} (${state}) leaves the one before to build on`, async () => {
      const directory = join(outside, `${state}-${step}-${phase}`);
      const compute = await world.compute();
      const first = await compute.backups.create('one', { directory });
      await world.closeCompute();
      await dieAt('backup', directory, step, phase);
      assert.deepEqual(await listed(), [`one ${state}`]);
      assert.equal(await jobOf(), 'none');
      assert.deepEqual(await readdir(join(directory, first.instance.id)), [first.id]);
      const next = await (await world.compute()).backups.create('one', { directory });
      assert.equal(next.kind, 'incremental', next.why ?? '');
      assert.equal(next.parent, first.id);
      await world.closeCompute();
    });
  }
  if (state === 'ACTIVE') {
    test('a backup that was killed after its last act is whole, and the next builds on it', async () => {
      const directory = join(outside, 'kept');
      await dieAt('backup', directory, 'keep', 'end');
      assert.deepEqual(await listed(), ['one ACTIVE']);
      const compute = await world.compute();
      const [kept] = await compute.backups.list('one', { directory });
      const next = await compute.backups.create('one', { directory });
      assert.equal(next.parent, kept?.id, next.why ?? '');
      await compute.stop('one', { force: true });
      await world.closeCompute();
    });
  }
}

for (const [pattern, step, phase, expected] of [
  ['0x11', 'restore-disk', 'begin', 'old'],
  ['0x12', 'restore-disk.local', 'end', 'old'],
  ['0x13', 'replace', 'begin', 'restored'],
  ['0x14', 'replace', 'end', 'restored'],
] as const) {
  test(`a restore killed at the ${phase} of ${step} leaves ${expected} disks`, async () => {
    const compute = await world.compute();
    const { instance } = await compute.show('one');
    const directory = join(world.stateDir, 'state/instances', instance.id);
    const disk = join(directory, 'disk.local');
    await compute.backups.create('one', { directory: join(outside, `restore-${step}-${phase}`) });
    await world.closeCompute();
    const backedUp = await firstBytes(disk);
    await runProgram('qemu-io', ['-f', 'qcow2', '-c', `write -P ${pattern} 0 4k`, disk]);
    const old = await firstBytes(disk);
    assert.notEqual(old, backedUp);
    await dieAt('restore', join(outside, `restore-${step}-${phase}`), step, phase);
    assert.deepEqual(await listed(), ['one SHUTOFF']);
    assert.equal(await firstBytes(disk), expected === 'old' ? old : backedUp);
    assert.deepEqual(
      (await readdir(directory)).filter((name) => /restored|work|tmp/.test(name)),
      [],
    );
  });
}

async function dieAt(what: string, path: string, step: string, phase: string): Promise<void> {
  const program = join(import.meta.dirname, 'act-and-die.ts');
  const args = [program, world.configFile, what, path, step, phase];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 240_000 });
  assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL']);
}

async function listed(): Promise<readonly string[]> {
  const views = await (await world.compute()).list();
  await world.closeCompute();
  return views.map(({ instance, status }) => `${instance.name} ${status}`);
}

async function jobOf(): Promise<string> {
  const { instance } = await (await world.compute()).show('one');
  await world.closeCompute();
  if ((await domainState(instance.domainName)) === 'shut off') return 'none';
  const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'domjobinfo', instance.domainName]);
  return /Job type: +(\S+)/.exec(stdout)?.[1]?.toLowerCase() ?? 'unknown';
}

async function domainState(domainName: string): Promise<string> {
  return (await runProgram('virsh', ['-c', 'qemu:///system', 'domstate', domainName])).stdout.trim();
}

/** As a guest would read them. */
async function firstBytes(disk: string): Promise<string> {
  const { stdout } = await runProgram('qemu-io', ['-r', '-f', 'qcow2', '-c', 'read -v 0 512', disk]);
  return stdout
    .split('\n')
    .filter((line) => /^[0-9a-f]{8}:/.test(line))
    .join('\n');
}

async function inGuest(script: string): Promise<void> {
  const compute = await world.compute();
  const { exitCode, stderr } = await compute.exec('one', { argv: ['/bin/sh', '-c', script] });
  assert.equal(exitCode, 0, stderr.toString());
}
