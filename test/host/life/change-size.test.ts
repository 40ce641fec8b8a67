// vCPUs and memory of a real guest, while it runs and while it is off: the guest sees them, the record has them, and a hard
// reboot keeps them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { delay, isFault } from '../../../src/base/index.ts';
import type { Compute, SizeChange } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const NAME = 'sized';
let compute: Compute;

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  const shape = { rootGiB: 0, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'small', vcpus: 1, memoryMiB: 256, ...shape });
  await compute.launch({ image: 'minimal', name: NAME, flavor: 'small', maxVcpus: 3, maxMemoryMiB: 384 });
  await compute.waitFor(NAME, { kind: 'agent' });
});

async function ofGuest(script: string): Promise<string> {
  return (await compute.exec(NAME, { argv: ['sh', '-c', script] })).stdout.toString().trim();
}

/** How many processors the guest uses. */
async function online(): Promise<number> {
  return Number(await ofGuest('grep -c ^processor /proc/cpuinfo'));
}

/** A guest may need longer than a change of size waits for it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(200);
}

async function memoryMiB(): Promise<number> {
  return Number(await ofGuest("sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")) / 1024;
}

/** What libvirt would start next, and what runs. */
async function defined(): Promise<readonly string[]> {
  const { instance } = await compute.show(NAME);
  const { stdout } = await runProgram('virsh', [
    '-c',
    'qemu:///system',
    'dumpxml',
    '--inactive',
    instance.domainName,
  ]);
  return stdout
    .split('\n')
    .filter((line) => /<(memory|currentMemory|vcpu)\b/.test(line))
    .map((line) => line.trim().replace(/ (unit|placement)='[^']*'/g, ''));
}

async function recorded(): Promise<readonly number[]> {
  const { flavor, hardware } = (await compute.show(NAME)).instance;
  return [flavor.vcpus, flavor.memoryMiB, hardware.maxima?.vcpus ?? 0, hardware.maxima?.memoryMiB ?? 0];
}

test('a running guest gets vCPUs and memory up to its maxima, and uses them', async () => {
  assert.equal(await online(), 1);
  const few = await memoryMiB();
  const { vcpus, memoryMiB: memory, guest } = await compute.changeSize(NAME, { vcpus: 2, memoryMiB: 384 });
  assert.deepEqual([vcpus, memory], [2, 384]);
  assert.ok(guest !== null);
  await until(async () => (await online()) === 2);
  await until(async () => (await memoryMiB()) > few + 64);
  assert.deepEqual(await recorded(), [2, 384, 3, 384]);
  assert.deepEqual(await defined(), [
    '<memory>393216</memory>',
    '<currentMemory>393216</currentMemory>',
    "<vcpu current='2'>3</vcpu>",
  ]);
});

test('memory is taken back while it runs', async () => {
  const much = await memoryMiB();
  await compute.changeSize(NAME, { memoryMiB: 256 });
  await until(async () => (await memoryMiB()) < much - 64);
  assert.deepEqual(await recorded(), [2, 256, 3, 384]);
});

test('what is above the maxima is refused, and nothing changes', async () => {
  for (const [change, code] of [
    [{ vcpus: 4 }, 'SIZE_ABOVE_MAXIMUM'],
    [{ memoryMiB: 385 }, 'SIZE_ABOVE_MAXIMUM'],
    [{ maxVcpus: 8 }, 'SIZE_MAXIMA_FIXED'],
    [{}, 'SIZE_CHANGE_INVALID'],
  ] as const satisfies readonly (readonly [SizeChange, string])[]) {
    await assert.rejects(compute.changeSize(NAME, change), (error) => isFault(error, code), code);
  }
  assert.deepEqual(await recorded(), [2, 256, 3, 384]);
  assert.equal(await online(), 2);
});

test('a hard reboot keeps the size; what was there at the start is not given back, and the size stays as it was', async () => {
  const changed = await world.novalet(['set-size', NAME, '--vcpus', '3', '--memory', '320M', '-o', 'json']);
  assert.equal(changed.status, 0, changed.stderr);
  const { vcpus, memory_mb: memory } = JSON.parse(changed.stdout) as { vcpus: number; memory_mb: number };
  assert.deepEqual([vcpus, memory], [3, 320]);
  await compute.reboot(NAME, { hard: true });
  await compute.waitFor(NAME, { kind: 'agent' });
  assert.equal(await online(), 3);
  await assert.rejects(compute.changeSize(NAME, { vcpus: 1 }), (error) =>
    isFault(error, 'VCPUS_NOT_GIVEN_BACK'),
  );
  assert.deepEqual(await recorded(), [3, 320, 3, 384]);
  assert.equal(await online(), 3);
});

test('a change of size that is killed in the middle is finished by the next command, or never began', async () => {
  await compute.changeSize(NAME, { memoryMiB: 384 });
  await world.closeCompute();
  for (const [step, phase, left] of [
    ['choose-size', 'begin', 384],
    ['choose-size', 'end', 300],
    ['change-domain', 'end', 300],
  ] as const) {
    const program = join(PACKAGE, 'test', 'host', 'life', 'act-and-die.ts');
    const child = spawn(process.execPath, [program, world.configFile, NAME, 'set-size', step, phase], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 240_000,
    });
    assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL'], `${step} ${phase}`);
    compute = await world.compute();
    assert.deepEqual(await recorded(), [3, left, 3, 384], `${step} ${phase}`);
    assert.ok(
      (await defined()).includes(`<currentMemory>${left * 1024}</currentMemory>`),
      `${step} ${phase}`,
    );
    assert.equal((await compute.show(NAME)).instance.taskState, null);
    await compute.changeSize(NAME, { memoryMiB: 384 });
    await world.closeCompute();
  }
  compute = await world.compute();
});

test('a stopped one may have any size and other maxima, and starts with them', async () => {
  await compute.stop(NAME, { force: true });
  const { guest } = await compute.changeSize(NAME, {
    vcpus: 1,
    memoryMiB: 300,
    maxVcpus: 2,
    maxMemoryMiB: 512,
  });
  assert.equal(guest, null);
  assert.deepEqual(await recorded(), [1, 300, 2, 512]);
  await compute.start(NAME);
  await compute.waitFor(NAME, { kind: 'agent' });
  assert.equal(await online(), 1);
  const few = await memoryMiB();
  await compute.changeSize(NAME, { memoryMiB: 512 });
  await until(async () => (await memoryMiB()) > few + 128);
  const shown = JSON.parse((await world.novalet(['show', NAME, '-o', 'json'])).stdout) as {
    flavor: { vcpus: number; memory_mb: number };
    hardware: { max_vcpus: number; max_memory_mb: number };
  };
  assert.deepEqual([shown.flavor.vcpus, shown.flavor.memory_mb], [1, 512]);
  assert.deepEqual([shown.hardware.max_vcpus, shown.hardware.max_memory_mb], [2, 512]);
});
