// Crash only: a resize, its confirmation or its way back that is killed before or after any of its steps leaves the old
// size whole or the new one, never something in between.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GIB } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Flavor } from '../../../src/model/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const NAME = 'doomed';
const FILES = ['console.log', 'disk', 'disk.config', 'disk.swap', 'kernel', 'ramdisk'];
const MORE_FILES = ['console.log', 'disk', 'disk.config', 'disk.local', 'kernel', 'ramdisk'];
const small: Flavor = {
  name: 'small',
  vcpus: 1,
  memoryMiB: 256,
  rootGiB: 0,
  ephemeralGiB: 0,
  swapMiB: 64,
  extraSpecs: {},
};
const large: Flavor = { ...small, name: 'large', rootGiB: 1, ephemeralGiB: 1, swapMiB: 0 };
let directory: string;

before(async () => {
  await world.minimalImage();
  const compute = await world.compute();
  for (const flavor of [small, large]) await compute.flavors.create(flavor);
  const { id } = await compute.launch({ image: 'minimal', name: NAME, flavor: 'small' });
  directory = join(world.stateDir, 'state', 'instances', id);
  await compute.stop(NAME, { force: true });
  await world.closeCompute(); // the next one repairs
  await pattern('write', 0x5a);
});

/** Writes or reads a pattern on the root disk, which is not open. */
async function pattern(what: 'write' | 'read', byte: number): Promise<void> {
  const mode = what === 'read' ? ['-r'] : [];
  const { stdout } = await runProgram('qemu-io', [
    ...mode,
    '-f',
    'qcow2',
    '-c',
    `${what} -P ${byte} 1M 64k`,
    join(directory, 'disk'),
  ]);
  assert.doesNotMatch(stdout, /failed/);
}

interface Found {
  readonly size: 'old' | 'new';
  readonly status: string;
}

/** What the next command finds: the record, the files and the disks agree, and the data are there. */
async function look(): Promise<Found> {
  const compute = await world.compute();
  const { instance, status } = await compute.show(NAME);
  await world.closeCompute();
  const isNew = instance.flavor.name === 'large';
  assert.equal(instance.taskState, null);
  assert.equal(instance.fault, null);
  const names = (await readdir(directory)).sort();
  const expected = isNew ? MORE_FILES : FILES;
  assert.deepEqual(names, instance.resize === null ? expected : ['before-resize', ...expected]);
  for (const { fileName, format, sizeBytes } of instance.disks.filter(({ role }) => role !== 'config')) {
    const path = join(directory, fileName);
    await runProgram('qemu-img', ['check', '-q', '-U', '-f', format, path]);
    const { stdout } = await runProgram('qemu-img', ['info', '-U', '--output=json', path]);
    assert.equal((JSON.parse(stdout) as { 'virtual-size': number })['virtual-size'], sizeBytes, fileName);
  }
  if (status !== 'ACTIVE' && !(await isRunning())) await pattern('read', 0x5a);
  return { size: isNew ? 'new' : 'old', status };
}

async function isRunning(): Promise<boolean> {
  const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'list', '--name']);
  return stdout.split('\n').some((name) => name.startsWith(world.prefix));
}

async function die(what: string, step: string, phase: string): Promise<void> {
  const program = join(PACKAGE, 'test', 'host', 'life', 'act-and-die.ts');
  const child = spawn(process.execPath, [program, world.configFile, NAME, what, step, phase], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 240_000,
  });
  assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL'], `${what} ${step} ${phase}`);
}

async function act(what: 'resize' | 'confirm' | 'revert'): Promise<void> {
  const compute = await world.compute();
  if (what === 'resize') await compute.resize(NAME, { flavor: 'large' }, { force: true });
  if (what === 'confirm') await compute.confirmResize(NAME);
  if (what === 'revert') await compute.revertResize(NAME);
  await world.closeCompute();
}

test('a resize that is killed at any step is taken back, and from its last step on carried through', async () => {
  for (const [step, phase, left] of [
    ['choose-size', 'begin', 'old'],
    ['choose-size', 'end', 'old'],
    ['keep-disks', 'begin', 'old'],
    ['keep-disks', 'end', 'old'],
    ['grow-disks', 'begin', 'old'],
    ['ephemeral-disk', 'begin', 'old'],
    ['ephemeral-disk', 'end', 'old'],
    ['config-drive', 'end', 'old'],
    ['grow-disks', 'end', 'old'],
    ['define-domain', 'begin', 'new'],
    ['define-domain', 'end', 'new'],
  ] as const) {
    await die('resize', step, phase);
    const status = left === 'old' ? 'SHUTOFF' : 'VERIFY_RESIZE';
    assert.deepEqual(await look(), { size: left, status }, `${step} ${phase}`);
    if (left === 'new') await act('revert');
  }
  assert.deepEqual(await look(), { size: 'old', status: 'SHUTOFF' });
});

test('a way back that is killed at any step is gone to its end', async () => {
  for (const [step, phase] of [
    ['shut-down', 'begin'],
    ['shut-down', 'end'],
    ['bring-back', 'begin'],
    ['bring-back', 'end'],
    ['define-domain', 'begin'],
    ['define-domain', 'end'],
  ] as const) {
    await act('resize');
    await die('revert', step, phase);
    assert.deepEqual(await look(), { size: 'old', status: 'SHUTOFF' }, `${step} ${phase}`);
  }
});

test('a running guest whose resize is killed runs again afterwards, as small or as large as it then is', async () => {
  await (await world.compute()).start(NAME);
  await world.closeCompute();
  for (const [step, phase, left] of [
    ['shut-down', 'end', { size: 'old', status: 'ACTIVE' }],
    ['grow-disks', 'end', { size: 'old', status: 'ACTIVE' }],
    ['start-domain', 'begin', { size: 'new', status: 'VERIFY_RESIZE' }],
    ['start-domain', 'end', { size: 'new', status: 'VERIFY_RESIZE' }],
  ] as const) {
    await die('resize', step, phase);
    assert.deepEqual(await look(), left, `${step} ${phase}`);
    assert.equal(await isRunning(), true, `${step} ${phase}`);
    if (left.size === 'new') await act('revert');
  }
  await (await world.compute()).stop(NAME, { force: true });
  await world.closeCompute();
  await pattern('read', 0x5a);
});

test('a confirmation that is killed leaves both ends open until its last step, and then the new size alone', async () => {
  await act('resize');
  for (const [step, phase] of [
    ['merge-disks', 'begin'],
    ['merge-disks', 'end'],
  ] as const) {
    await die('confirm', step, phase);
    assert.deepEqual(await look(), { size: 'new', status: 'VERIFY_RESIZE' }, `${step} ${phase}`);
  }
  await die('confirm', 'remove-kept', 'begin');
  assert.deepEqual(await look(), { size: 'new', status: 'SHUTOFF' });
  const { stdout } = await runProgram('qemu-img', ['info', '--output=json', join(directory, 'disk')]);
  const info = JSON.parse(stdout) as { 'backing-filename': string; 'virtual-size': number };
  assert.match(info['backing-filename'], /_base/);
  assert.equal(info['virtual-size'], GIB);
});
