// Disks, shared folders and injected files of a file that is edited: what the guest sees of them, and what is taken away again.
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { DiskView } from '../../../src/compute/index.ts';
import { World } from '../support/world.ts';
import { applyFile, settleFile } from './applied.ts';
import { writeManifest } from './manifest-of-world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
const MIB = 1024 ** 2;
const folder = join(world.stateDir, 'shared');
const file = join(world.stateDir, 'data.raw');

const written = async (lines: readonly string[]) =>
  await writeManifest(world, { web: lines.map((line) => `    ${line}\n`).join('') });
const settle = async (lines: readonly string[], ...options: readonly string[]) =>
  await settleFile(world, await written(lines), ...options);

async function sh(script: string): Promise<string> {
  const compute = await world.compute();
  const { stdout, stderr, exitCode } = await compute.exec('web', {
    argv: ['/bin/sh', '-c', script],
    timeoutMs: 120_000,
  });
  assert.equal(exitCode, 0, `${script}: ${stderr.toString()}`);
  return stdout.toString('utf8').trim();
}

async function booted(): Promise<void> {
  await (await world.compute()).waitFor('web', { kind: 'agent' }, { timeoutMs: 240_000 });
}

/** Those that were attached, and those that are kept, by name. */
async function disks(): Promise<ReadonlyMap<string, DiskView>> {
  const views = await (await world.compute()).disks.list('web');
  const added = views.filter(({ role }) => role === 'volume' || role === 'kept');
  return new Map(added.map((view) => [view.name ?? view.role ?? '', view]));
}

/** The guest's name for it. Waits until it is there. */
async function deviceOf(name: string): Promise<string> {
  const id = (await disks()).get(name)?.id ?? assert.fail(`there is no disk ${name}`);
  const look = `grep -l ${id.slice(0, 20)} /sys/block/vd*/serial 2>/dev/null`;
  return (await sh(`until ${look}; do sleep 0.1; done | tail -n 1`)).split('/')[3] ?? '';
}

const bootId = async () => await sh('cat /proc/sys/kernel/random/boot_id');

const DATA = '  data: { size: 64M }';
const FILE = `  file: { file: ${file}, format: raw, read_only: true }`;

test('a new instance gets its disks when it runs, and each is the same at the next time', async () => {
  await writeFile(file, 'of the host');
  await truncate(file, 2 * MIB);
  await chmod(file, 0o666);
  const done = await settle(['disks:', DATA, FILE, '  drive: { cdrom: true }']);
  assert.ok(done.at(-1)?.endsWith('disks.data disks.file disks.drive'), done.at(-1));
  await booted();
  assert.equal(await sh(`head -c 11 /dev/${await deviceOf('file')}`), 'of the host');
  const device = await deviceOf('data');
  await sh(`printf 'of the guest' | dd of=/dev/${device} conv=fsync 2>/dev/null`);
});

test('an edited file grows, attaches and takes away disks of a guest that runs on', async () => {
  const before = await bootId();
  const data = (await disks()).get('data');
  const more = ['disks:', '  data: { size: 96M }', FILE, '  copy: { image: minimal }'];
  assert.deepEqual(await settle(more), ['web change none done: disks.drive disks.data.size disks.copy']);
  assert.equal((await disks()).get('data')?.sizeBytes, 96 * MIB);
  const device = await deviceOf('data');
  assert.equal(await sh(`head -c 12 /dev/${device}`), 'of the guest');
  assert.equal(
    await sh(`until [ $(cat /sys/block/${device}/size) = 196608 ]; do sleep 0.1; done; echo so`),
    'so',
  );
  const compute = await world.compute();
  const byHand = await compute.disks.attach('web', { source: { kind: 'new', sizeBytes: MIB } });
  assert.deepEqual(await settle(['disks: {}']), ['web change none done: disks.data disks.file disks.copy']);
  const views = await compute.disks.list('web');
  const left = views.filter(({ role }) => role === 'volume').map(({ id }) => id);
  assert.deepEqual(left, [byHand.id]);
  assert.deepEqual(views.filter(({ role }) => role === 'kept').length, 2);
  assert.equal((await readFile(file)).toString('utf8', 0, 11), 'of the host');
  const kept = [`disks:`, `  data: { kept: ${data?.id} }`];
  assert.deepEqual(await settle(kept), ['web change none done: disks.data']);
  assert.equal(await sh(`head -c 12 /dev/${await deviceOf('data')}`), 'of the guest');
  assert.equal(await bootId(), before);
});

test('another source of a disk of its own is refused without leave, and the old file is kept with it', async () => {
  const id = (await disks()).get('data')?.id ?? '';
  const other = ['disks:', `  data: { file: ${file}, read_only: true }`];
  const refused = await applyFile(world, await written(other), '--allow-restart');
  assert.equal(refused.status, 8, refused.stderr);
  assert.deepEqual(await settle(other, '--allow-replace'), ['web change replace done: disks.data']);
  const views = await (await world.compute()).disks.list('web');
  assert.ok(views.some((view) => view.id === id && view.role === 'kept'));
});

test('shared folders come and go with a restart that is allowed, and stay where the file says nothing', async () => {
  await mkdir(folder);
  await chmod(folder, 0o777);
  await writeFile(join(folder, 'word'), 'shared');
  const before = await bootId();
  const shared = ['disks: {}', `shares: [{ tag: data, path: ${folder} }]`];
  assert.equal((await applyFile(world, await written(shared))).status, 8);
  assert.equal(await bootId(), before);
  const done = await settle(shared, '--allow-restart');
  assert.deepEqual(done, ['web change restart done: shares.data disks.data']);
  await booted();
  assert.equal(
    await sh('mkdir -p /mnt/data && mount -t virtiofs data /mnt/data && cat /mnt/data/word'),
    'shared',
  );
  assert.deepEqual(await settle(['tags: [blue]']), ['web change none done: tags']);
  const gone = await settle(['shares: []', 'state: stopped'], '--allow-restart');
  assert.deepEqual(gone, ['web change none done: shares.data state']);
  assert.deepEqual(await (await world.compute()).shares.list('web'), []);
});

test('disks of servers are the same at the next time, and go without a word to the server', async () => {
  const server = createServer((socket) => socket.destroy());
  const socket = join(world.stateDir, 'nbd.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const target = createServer((one) => one.destroy());
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const { port } = target.address() as AddressInfo;
  const lines = [
    'disks:',
    `  nas: { nbd: "nbd+unix:///data?socket=${socket}", bus: scsi }`,
    `  san: { iscsi: "iscsi://127.0.0.1:${port}/iqn.2026-11.example:data/1" }`,
    '  drive: { cdrom: true }',
  ];
  assert.deepEqual(await settle(lines), ['web change none done: disks.nas disks.san disks.drive']);
  server.close();
  target.close();
  assert.deepEqual(await settle(['disks: {}']), ['web change none done: disks.nas disks.san disks.drive']);
  const lost = await applyFile(world, await written([`disks: { a: { file: ${world.stateDir}/none } }`]));
  assert.equal(lost.status, 4, lost.stderr);
  assert.match(lost.stderr, /APPLY_BLOCKED[\s\S]*there is no/);
});

test('injected files rebuild it, with its disks in their places', async () => {
  const lines = ['state: stopped', 'disks:', '  data: { size: 32M, bus: sata }'];
  assert.deepEqual(await settle(lines), ['web change none done: disks.data']);
  const { id } = (await disks()).get('data') ?? {};
  const injected = [...lines, 'inject_files: [{ path: /etc/motd, content: hunter2 }]'];
  const done = await settle(injected, '--allow-replace');
  assert.deepEqual(done, ['web replace replace done: inject_files']);
  assert.equal((await disks()).get('data')?.id, id);
  const documents = await (await world.compute()).documents.openStack('web');
  const paths = [...documents.keys()].filter((path) => path.startsWith('openstack/content/'));
  assert.deepEqual(
    paths.map((path) => Buffer.from(documents.get(path) ?? []).toString('utf8')),
    ['hunter2'],
  );
});
