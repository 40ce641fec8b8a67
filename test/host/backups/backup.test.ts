// Backups of a guest that writes between them: whole, what changed, and each of them put back.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFile, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { BackupMade } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const MIB = 1024 ** 2;
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
const directory = join(world.stateDir, 'backups');
const place = { directory };
after(() => world[Symbol.asyncDispose]());

/** What each backup has to bring back. */
const digests: Record<string, string> = {};
const made: Record<string, BackupMade> = {};

before(async () => {
  const compute = await world.compute();
  await world.minimalImage();
  await compute.flavors.create(flavor);
  await compute.launch({ image: 'minimal', name: 'one', flavor: 'full' });
  await compute.waitFor('one', { kind: 'agent' });
});

test('the first backup of a running guest is a full one, and the next has what was written since', async () => {
  await write(0, 16);
  await backUp('full');
  await write(20, 1);
  await backUp('second');
  assert.equal(made['full']?.kind, 'full');
  assert.equal(made['full']?.why, null);
  assert.equal(made['second']?.kind, 'incremental');
  assert.equal(made['second']?.parent, made['full']?.id);
  const [whole = 0, part = 0] = [made['full']?.bytes, made['second']?.bytes];
  assert.ok(whole > 16 * MIB, `${whole} bytes in the full one`);
  assert.ok(part < 6 * MIB, `${part} bytes for one MiB that changed`);
});

test('a backup of a guest that is off builds on one of when it ran, and the next of when it runs on that', async () => {
  const compute = await world.compute();
  await write(30, 1);
  await compute.stop('one');
  await backUp('off');
  assert.equal(made['off']?.kind, 'incremental', made['off']?.why ?? '');
  assert.equal(made['off']?.consistency, 'off');
  assert.equal((await compute.show('one')).status, 'SHUTOFF');
  await compute.start('one');
  await compute.waitFor('one', { kind: 'agent' });
  await write(31, 1);
  await backUp('on');
  assert.equal(made['on']?.kind, 'incremental', made['on']?.why ?? '');
  assert.equal(made['on']?.parent, made['off']?.id);
});

test('a directory of its own begins a chain of its own, and leaves the other one whole', async () => {
  const compute = await world.compute();
  const other = await compute.backups.create('one', { directory: join(world.stateDir, 'elsewhere') });
  assert.equal(other.kind, 'full');
  await write(33, 1);
  await backUp('after');
  assert.equal(made['after']?.kind, 'incremental', made['after']?.why ?? '');
  assert.equal(made['after']?.parent, made['on']?.id);
});

test('nobody but root may read a backup', async () => {
  const { stdout } = await runProgram('find', [directory, '-type', 'f', '-perm', '/077']);
  assert.equal(stdout, '');
});

test('each backup brings the disks back exactly, in any order', async () => {
  const compute = await world.compute();
  await assert.rejects(compute.backups.restore('one', 'latest', place), (error) =>
    isFault(error, 'INSTANCE_STATE_CONFLICT'),
  );
  await compute.stop('one', { force: true });
  for (const name of ['on', 'full', 'after', 'second', 'off']) {
    const { backup } = await compute.backups.restore('one', made[name]?.id ?? '', place);
    assert.equal(backup.id, made[name]?.id);
    assert.equal(await digestOnHost(), digests[name], name);
  }
  const { instance } = await compute.show('one');
  const files = await readdir(join(world.stateDir, 'state/instances', instance.id));
  assert.deepEqual(
    files.filter((file) => /restored|work|tmp/.test(file)),
    [],
  );
  await compute.start('one');
  await compute.waitFor('one', { kind: 'agent' });
  assert.equal(await digestInGuest(), digests['off']);
});

test('after a restore the chain is broken: the next backup is a full one, and says why', async () => {
  await backUp('anew');
  assert.equal(made['anew']?.kind, 'full');
  assert.match(made['anew']?.why ?? '', /knows no checkpoint/);
});

test('a guest that was killed has lost its bitmaps: the next backup is a full one, and says why', async () => {
  const compute = await world.compute();
  const { instance } = await compute.show('one');
  const { stdout } = await runProgram('pgrep', ['-f', `guest=${instance.domainName},`]);
  process.kill(Number(stdout.trim()), 'SIGKILL');
  await compute.waitFor('one', { kind: 'status', status: 'SHUTOFF' });
  await backUp('broken', 'off');
  assert.equal(made['broken']?.kind, 'full');
  assert.match(made['broken']?.why ?? '', /was not kept/);
  await compute.start('one');
  await compute.waitFor('one', { kind: 'agent' });
  await write(34, 1);
  await backUp('mended');
  assert.equal(made['mended']?.kind, 'incremental', made['mended']?.why ?? '');
});

test('a backup that was changed, or has lost what it builds on, is not restored', async () => {
  const compute = await world.compute();
  await compute.stop('one', { force: true });
  const before = await digestOnHost();
  const { path = '', id = '' } = made['broken'] ?? {};
  const file = join(path, 'disk.local.qcow2');
  const { size } = await stat(file);
  await appendFile(file, 'x');
  await assert.rejects(
    compute.backups.restore('one', made['mended']?.id ?? '', place),
    broken(/bytes instead of/),
  );
  await truncate(file, size);
  await compute.backups.restore('one', made['mended']?.id ?? '', place);
  assert.equal(await digestOnHost(), digests['mended']);
  await assert.rejects(compute.backups.remove('one', id, place), (error) =>
    isFault(error, 'BACKUP_HAS_INCREMENTS'),
  );
  await runProgram('mv', [path, `${path}.away`]);
  await assert.rejects(
    compute.backups.restore('one', made['mended']?.id ?? '', place),
    broken(/which is gone/),
  );
  await runProgram('mv', [`${path}.away`, path]);
  assert.equal(await digestOnHost(), digests['mended']);
  assert.notEqual(before, '');
});

test('the command line lists, restores and removes them', async () => {
  const listed = await world.novalet(['backup', 'list', 'one', '--from', directory, '-o', 'json']);
  assert.equal(listed.status, 0, listed.stderr);
  const ids = (JSON.parse(listed.stdout) as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(ids, ids.toSorted());
  assert.equal(ids.at(-1), made['mended']?.id);
  const restored = await world.novalet(['backup', 'restore', 'one', 'latest', '--from', directory]);
  assert.equal(restored.status, 0, restored.stderr);
  const gone = [
    'backup',
    'remove',
    'one',
    made['broken']?.id ?? '',
    '--increments',
    '--from',
    directory,
    '-o',
    'json',
  ];
  const removed = await world.novalet(gone);
  assert.equal(removed.status, 0, removed.stderr);
  const names = (JSON.parse(removed.stdout) as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(names, [made['mended']?.id, made['broken']?.id]);
});

async function backUp(name: string, was: 'on' | 'off' = 'on'): Promise<void> {
  const compute = await world.compute();
  const { status } = await compute.show('one');
  digests[name] = status === 'ACTIVE' && was === 'on' ? await digestInGuest() : await digestOnHost();
  made[name] = await compute.backups.create('one', place);
}

/** Random bytes on the second disk, at a MiB of it; on the disk when it returns. */
async function write(atMiB: number, mebibytes: number): Promise<void> {
  const seed = randomBytes(8).toString('hex');
  await inGuest(
    `dd if=/dev/urandom of=/dev/vdb bs=1M seek=${atMiB} count=${mebibytes} conv=notrunc 2>/dev/null; echo ${seed} | dd of=/dev/vdb bs=1M seek=${atMiB} conv=notrunc 2>/dev/null; sync`,
  );
}

async function digestInGuest(): Promise<string> {
  return (await inGuest('dd if=/dev/vdb bs=1M count=64 2>/dev/null | sha256sum')).slice(0, 64);
}

async function digestOnHost(): Promise<string> {
  const compute = await world.compute();
  const { instance } = await compute.show('one');
  const disk = join(world.stateDir, 'state/instances', instance.id, 'disk.local');
  const raw = join(world.stateDir, 'looked-at.raw');
  await runProgram('qemu-img', [
    'dd',
    '-f',
    'qcow2',
    '-O',
    'raw',
    'bs=1M',
    'count=64',
    `if=${disk}`,
    `of=${raw}`,
  ]);
  return (await runProgram('sha256sum', [raw])).stdout.slice(0, 64);
}

async function inGuest(script: string): Promise<string> {
  const compute = await world.compute();
  const { exitCode, stdout, stderr } = await compute.exec('one', { argv: ['/bin/sh', '-c', script] });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString();
}

function broken(message: RegExp): (error: unknown) => boolean {
  return (error) => isFault(error, 'BACKUP_BROKEN') && message.test(error.message);
}
