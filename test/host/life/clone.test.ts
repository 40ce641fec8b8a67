// A new instance like a real one: with what the first wrote before, with nothing that it writes afterwards, and with an
// identity of its own. Disks are looked at with qemu-img.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Instance } from '../../../src/model/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const BLOCK = 1024 * 1024;
const NAME = 'first';
let compute: Compute;
let first: Instance;

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  await compute.flavors.create({
    name: 'small',
    vcpus: 1,
    memoryMiB: 256,
    rootGiB: 0,
    ephemeralGiB: 1,
    swapMiB: 64,
    extraSpecs: {},
  });
  first = await compute.launch({
    image: 'minimal',
    name: NAME,
    flavor: 'small',
    metadata: { colour: 'blue' },
    tags: ['pair'],
  });
  await compute.waitFor(NAME, { kind: 'agent' });
});

async function write(name: string, device: string, line: string): Promise<void> {
  const script = `printf %s "$1" | dd of=/dev/${device} bs=${BLOCK} seek=3 conv=notrunc 2>/dev/null && sync`;
  const { exitCode, stderr } = await compute.exec(name, { argv: ['sh', '-c', script, 'sh', line] });
  assert.equal(exitCode, 0, stderr.toString());
}

async function read(name: string, device: string): Promise<string> {
  const script = `dd if=/dev/${device} bs=${BLOCK} skip=3 count=1 2>/dev/null | head -c 32 | tr -d '\\0'`;
  return (await compute.exec(name, { argv: ['sh', '-c', script] })).stdout.toString();
}

function directoryOf({ id }: Instance): string {
  return join(world.stateDir, 'state', 'instances', id);
}

async function backingOf(instance: Instance, fileName: string): Promise<string | undefined> {
  const path = join(directoryOf(instance), fileName);
  await runProgram('qemu-img', ['check', '-q', '-U', '-f', 'qcow2', path]);
  const { stdout } = await runProgram('qemu-img', ['info', '-U', '--output=json', path]);
  return (JSON.parse(stdout) as { 'backing-filename'?: string })['backing-filename'];
}

/** What the config drive of an instance says of itself. */
async function told(instance: Instance): Promise<string> {
  const { stdout } = await runProgram('grep', [
    '-a',
    '-o',
    '"uuid": *"[^"]*"',
    join(directoryOf(instance), 'disk.config'),
  ]);
  return stdout;
}

test('a running guest is cloned as it is at one moment, and runs on', async () => {
  await write(NAME, 'vda', 'both have this');
  await write(NAME, 'vdb', 'and this');
  const { instance, consistency } = await compute.clone(NAME, { name: 'second' });
  assert.ok(consistency === 'filesystem' || consistency === 'crash', consistency);
  await write(NAME, 'vda', 'the first alone');
  await compute.waitFor('second', { kind: 'agent' });
  assert.deepEqual(
    [await read('second', 'vda'), await read('second', 'vdb')],
    ['both have this', 'and this'],
  );
  await write('second', 'vdb', 'the second alone');
  assert.deepEqual([await read(NAME, 'vda'), await read(NAME, 'vdb')], ['the first alone', 'and this']);
  assert.deepEqual(
    (await readdir(directoryOf(first))).filter((name) => name.endsWith('.tmp')),
    [],
  );
  const [port, other] = [instance.ports[0], first.ports[0]];
  assert.ok(port !== undefined && other !== undefined);
  assert.notEqual(port.mac, other.mac);
  assert.notDeepEqual(port.fixedIps, other.fixedIps);
  assert.deepEqual(
    [instance.hostname, instance.metadata, instance.tags],
    ['second', { colour: 'blue' }, ['pair']],
  );
  assert.ok((await told(instance)).includes(instance.id));
  assert.ok(!(await told(instance)).includes(first.id));
  const [one, two] = await Promise.all([
    compute.documents.openStack('first'),
    compute.documents.openStack('second'),
  ]);
  const seed = 'openstack/latest/meta_data.json';
  assert.notEqual(String(one.get(seed)), String(two.get(seed)));
});

test('a clone is refused before anything is made: a name that is taken, a name that cannot be, a state in between', async () => {
  const files = await readdir(join(world.stateDir, 'state', 'instances'));
  await assert.rejects(compute.clone(NAME, { name: 'second' }), (error) =>
    isFault(error, 'INSTANCE_NAME_TAKEN'),
  );
  await assert.rejects(compute.clone(NAME, { name: '../x' }), (error) =>
    isFault(error, 'INSTANCE_NAME_INVALID'),
  );
  await assert.rejects(compute.clone('nobody', { name: 'x' }), (error) =>
    isFault(error, 'INSTANCE_NOT_FOUND'),
  );
  assert.deepEqual(await readdir(join(world.stateDir, 'state', 'instances')), files);
  await compute.delete('second');
});

test('a clone that is killed in the middle of copying leaves nothing, and the first runs on undisturbed', async () => {
  const before = await world.snapshot();
  await world.closeCompute();
  for (const [step, phase] of [
    ['copy-disks', 'begin'],
    ['copy-disks', 'progress'],
    ['copy-disks', 'end'],
    ['define-domain', 'end'],
  ] as const) {
    const program = join(PACKAGE, 'test', 'host', 'life', 'act-and-die.ts');
    const child = spawn(process.execPath, [program, world.configFile, NAME, 'clone', step, phase], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 240_000,
    });
    const ended = await once(child, 'close');
    // a copy that takes no time has no progress to tell
    if (phase !== 'progress') assert.deepEqual(ended, [null, 'SIGKILL'], `${step} ${phase}`);
    const listed = JSON.parse((await world.novalet(['list', '-o', 'json'])).stdout) as { name: string }[];
    if (listed.length === 2) assert.equal((await world.novalet(['delete', 'unborn'])).status, 0);
    assert.deepEqual(await world.snapshot(), before, `${step} ${phase}`);
  }
  compute = await world.compute();
  assert.equal(await read(NAME, 'vda'), 'the first alone');
});

test('a stopped one is cloned by the command line, over the same base, and left stopped where that is wished', async () => {
  await compute.stop(NAME, { force: true });
  const made = await world.novalet(['clone', NAME, 'third', '--no-start', '-o', 'json']);
  assert.equal(made.status, 0, made.stderr);
  const record = JSON.parse(made.stdout) as { status: string; consistency: string; why: null };
  assert.deepEqual([record.status, record.consistency, record.why], ['SHUTOFF', 'off', null]);
  const { instance } = await compute.show('third');
  assert.match((await backingOf(instance, 'disk')) ?? '', /_base/);
  assert.match((await backingOf(instance, 'disk.local')) ?? '', /_base/);
  const data = await runProgram('qemu-io', [
    '-r',
    '-f',
    'qcow2',
    '-c',
    `read -v ${3 * BLOCK} 512`,
    join(directoryOf(instance), 'disk'),
  ]);
  assert.match(data.stdout, /the.first.alone/);
  await compute.start('third');
  await compute.waitFor('third', { kind: 'agent' });
  assert.equal(await read('third', 'vda'), 'the first alone');
});
