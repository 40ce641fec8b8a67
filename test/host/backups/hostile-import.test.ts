// An export is anybody's file: what is wrong with one is found before it is believed, and leaves nothing behind.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import {
  fileOf,
  inPieces,
  type MadeExport,
  type MadeManifest,
  madeExport,
  manifestOf,
  member,
} from './made-export.ts';

const world = await World.make();
const flavor = {
  name: 'full',
  vcpus: 1,
  memoryMiB: 256,
  rootGiB: 0,
  ephemeralGiB: 0,
  swapMiB: 0,
  extraSpecs: {},
};
let made: MadeExport;
let untouched: Awaited<ReturnType<World['snapshot']>>;
after(() => world[Symbol.asyncDispose]());

before(async () => {
  await world.minimalImage();
  const compute = await world.compute();
  await compute.flavors.create(flavor);
  made = await madeExport(world);
  await compute.importInstance({ from: inPieces(good()) }); // makes what all instances share: the network
  await compute.delete('made');
  made = await madeExport(world); // with an address of that network
  untouched = await world.snapshot();
});

test('a good file is taken, as it was or under another name, and its secrets are nobody else’s to read', async () => {
  const compute = await world.compute();
  const { id, hostname } = await compute.importInstance({ from: inPieces(good()), name: 'other' });
  assert.equal(hostname, 'other');
  assert.notEqual(id, made.record.id);
  const listed = await runProgram('find', [
    join(world.stateDir, 'state/instances', id),
    '-type',
    'f',
    '-perm',
    '/077',
  ]);
  assert.equal(listed.stdout, '');
  await compute.delete('other');
  assert.deepEqual(await world.snapshot(), untouched);
});

test('a file that was cut short anywhere is refused', async () => {
  const whole = good();
  for (const bytes of [0, 100, 512, 3000, 20_000, whole.length - 1500, whole.length - 512]) {
    await refused(whole.subarray(0, bytes), /ARCHIVE_INVALID/, /ends too early/);
  }
});

test('a changed byte of any member is found', async () => {
  for (const [at, { name }] of made.members.entries()) {
    const members = made.members.map((one, index) =>
      index === at
        ? { ...one, content: Buffer.concat([one.content.subarray(0, -1), Buffer.from('!')]) }
        : one,
    );
    await refused(fileOf(manifest(), members), /EXPORT_INVALID/, new RegExp(`${name} has the SHA-256`));
  }
});

for (const [what, change, message] of [
  ['another format', (it: MadeManifest) => (it.format = 'zip'), /its format is/],
  [
    'a record of another shape',
    (it: MadeManifest) => delete it.instance.hardware,
    /instance.hardware is missing/,
  ],
  ['no members', (it: MadeManifest) => (it.members = []), /disks\/disk is missing/],
  ['a member twice', (it: MadeManifest) => it.members.push(it.members[0]), /is there twice/],
  ['a member of nothing', (it: MadeManifest) => (it.members[1].name = '/etc/passwd'), /belongs to nothing/],
  ['a disk whose file leads out', (it: MadeManifest) => rename(it, '../../escaped'), /is no name for a file/],
  [
    'a disk under an absolute path',
    (it: MadeManifest) => rename(it, '/etc/cron.d/x'),
    /is no name for a file/,
  ],
  ['a disk in the place of the kernel', (it: MadeManifest) => rename(it, 'kernel'), /is no name for a file/],
  [
    'a disk in the place of the console’s log',
    (it: MadeManifest) => rename(it, 'console.log'),
    /is no name for a file/,
  ],
  ['sizes below zero', (it: MadeManifest) => (it.members[0].bytes = -1), /bytes is less than 0/],
  ['sizes beyond any disk', (it: MadeManifest) => (it.members[0].bytes = 2 ** 50), /bytes is more than/],
  ['another size of a disk', (it: MadeManifest) => (it.members[0].virtualSizeBytes += 512), /are recorded/],
  ['a raw disk', (it: MadeManifest) => (it.instance.disks[0].format = 'raw'), /is recorded as raw/],
  [
    'somebody’s file as a disk',
    (it: MadeManifest) => (it.instance.volumes = [volume()]),
    /a disk that is not in it/,
  ],
  [
    'a disk in the place of its root disk',
    (it: MadeManifest) => (it.instance.volumes = [placed(it.instance.disks[0].target)]),
    /two disks at/,
  ],
  [
    'two disks in one place',
    (it: MadeManifest) => (it.instance.volumes = [placed('vdz'), placed('vdz')]),
    /two disks at vdz/,
  ],
  ['a folder of the host', (it: MadeManifest) => (it.instance.shares = [share()]), /has shared folders/],
  ['a hostname that is none', (it: MadeManifest) => (it.instance.hostname = 'a\nb'), /hostname is none/],
  ['an id that is a path', (it: MadeManifest) => (it.instance.id = '../x'), /id is no UUID/],
  ['no time', (it: MadeManifest) => (it.instance.createdAt = 'now'), /at no time/],
] as const) {
  test(`a manifest with ${what} is refused`, async () => {
    const wrong = manifest();
    change(wrong);
    await refused(fileOf(wrong, made.members), /EXPORT_INVALID/, message);
  });
}

test('hardware that this host does not have is refused by name', async () => {
  for (const [hardware, message] of [
    [{ arch: 'vax' }, /guests of architecture vax/],
    [{ machineType: 'pc-q35-99.9' }, /machines of type pc-q35-99\.9/],
    [{ pciDevices: ['0000:01:00.0'] }, /the PCI device 0000:01:00\.0/],
  ] as const) {
    const wrong = manifest();
    Object.assign(wrong.instance.hardware, hardware);
    await refused(fileOf(wrong, made.members), /IMPORT_UNSUPPORTED/, message);
  }
});

test('a path of firmware in the file is not taken for one of this host', async () => {
  const wrong = manifest();
  wrong.instance.hardware.firmware = {
    kind: 'uefi',
    loader: '/etc/shadow',
    nvramTemplate: '/etc/shadow',
    secure: false,
    stateless: false,
  };
  const compute = await world.compute();
  try {
    const { hardware } = await compute.importInstance({ from: inPieces(fileOf(wrong, made.members)) });
    assert.doesNotMatch(JSON.stringify(hardware), /shadow/);
    await compute.delete('made');
  } catch (error) {
    assert.ok(isFault(error, 'IMPORT_UNSUPPORTED'), String(error)); // a host without UEFI
  }
  assert.deepEqual(await world.snapshot(), untouched);
});

test('a version of tomorrow, and more memory than the host has, are refused', async () => {
  await refused(fileOf({ ...manifest(), version: 2 }, made.members), /EXPORT_TOO_NEW/, /has version 2/);
  const large = manifest();
  large.instance.flavor.memoryMiB = 2_000_000_000;
  await refused(fileOf(large, made.members), /HOST_MEMORY_TOO_SMALL/, /memory/);
});

test('a disk that names another file, as backing or for its data, is refused', async () => {
  for (const options of [
    ['-b', '/etc/passwd', '-F', 'raw'],
    ['-o', `data_file=${join(world.stateDir, 'data.raw')}`],
  ]) {
    const path = join(world.stateDir, 'hostile.qcow2');
    const size = String(made.members[0]?.virtualSizeBytes);
    await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, path, size]);
    const content = await readFile(path);
    const members = made.members.map((one, at) => (at === 0 ? { ...one, content } : one));
    const file = fileOf(manifestOf({ ...made, members }, world), members);
    await refused(file, /IMAGE_HAS_(BACKING|DATA)_FILE/, /disks\/disk/);
    await runProgram('rm', [path]);
  }
  await runProgram('rm', ['-f', join(world.stateDir, 'data.raw')]);
});

test('members in another order, and one more of them, are refused', async () => {
  await refused(
    fileOf(manifest(), made.members.toReversed()),
    /EXPORT_INVALID/,
    /where disks\/disk .* has to follow/,
  );
  const more = member({ name: 'more', role: 'disk', fileName: 'more', content: Buffer.from('x') });
  await refused(fileOf(manifest(), [...made.members, more]), /EXPORT_INVALID/, /says nothing/);
});

test('an id that somebody has already is not given twice', async () => {
  const compute = await world.compute();
  await compute.importInstance({ from: inPieces(good()), keepId: true });
  const taken = await compute.show('made');
  assert.equal(taken.instance.id, made.record.id);
  await assert.rejects(
    compute.importInstance({ from: inPieces(good()), keepId: true, name: 'again' }),
    (error) => isFault(error, 'INSTANCE_ID_TAKEN'),
  );
  await assert.rejects(compute.importInstance({ from: inPieces(good()) }), (error) =>
    isFault(error, 'INSTANCE_NAME_TAKEN'),
  );
  await compute.delete('made');
  assert.deepEqual(await world.snapshot(), untouched);
});

test('whoever cancels does not wait for the rest of a file that never comes', async () => {
  const compute = await world.compute();
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  async function* stalling(): AsyncIterable<Uint8Array> {
    yield good().subarray(0, 30_000);
    begun.resolve();
    await new Promise(() => undefined);
  }
  const importing = compute.importInstance({ from: stalling() }, { signal: stop.signal });
  const ended = assert.rejects(importing, (error) => isFault(error, 'CANCELLED'));
  await begun.promise;
  stop.abort();
  await ended;
  assert.deepEqual(await world.snapshot(), untouched);
});

function manifest(): MadeManifest {
  return manifestOf(made, world);
}

function good(): Buffer {
  return fileOf(manifest(), made.members);
}

function rename(it: MadeManifest, fileName: string): void {
  it.instance.disks[0].fileName = fileName;
  Object.assign(it.members[0], { fileName, name: `disks/${fileName}` });
}

function volume(): object {
  return {
    id: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
    source: { kind: 'file', path: '/etc/shadow', format: 'raw' },
    device: 'disk',
    bus: 'virtio',
    target: 'vdz',
    readOnly: false,
    sizeBytes: null,
    attachedAt: '2026-01-02T03:04:05.000Z',
  };
}

/** An empty one. */
function placed(target: string): object {
  return { ...volume(), source: null, target };
}

function share(): object {
  return { tag: 'root', path: '/', driver: 'virtiofs', readOnly: false };
}

async function refused(file: Buffer, code: RegExp, message: RegExp): Promise<void> {
  const compute = await world.compute();
  await assert.rejects(compute.importInstance({ from: inPieces(file) }), (error) => {
    assert.ok(isFault(error), String(error));
    assert.match(error.code, code);
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(await compute.list(), []);
  assert.deepEqual(await world.snapshot(), untouched);
}
