// Every action that converts or copies waits for its turn, and with one turn of each kind none waits for ever. The domains
// are started and switched off at once; no guest has to come up.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault, MIB, Secret } from '../../../src/base/index.ts';
import type { ActOptions, Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { writeConfigDrive } from '../../../src/storage/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';
import { World } from '../support/world.ts';

const LIMITS = 'max_concurrent_builds: 1\nmax_concurrent_snapshots: 1\nmax_concurrent_conversions: 1';
const world = await World.make(LIMITS);
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
let store: Store;

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  await launchAndStop('one', 'minimal');
});
after(() => store.close());

type Kind = 'builds' | 'snapshots' | 'conversions';
type Act<T> = (options: ActOptions) => Promise<T>;

/** Has the only turn until the action says that it waits for it. */
async function inTurn<T>(kind: Kind, act: Act<T>): Promise<T> {
  using turn = store.leases.acquire(`slot:${kind}:0`, kind);
  const waits = Promise.withResolvers<'waits'>();
  const phases: string[] = [];
  const onProgress: ActOptions['onProgress'] = ({ step, phase, what }) => {
    if (step !== 'turn') return;
    assert.equal(what, `waiting for a turn: 1 ${kind} are under way`);
    phases.push(phase);
    if (phase === 'begin') waits.resolve('waits');
  };
  const done = act({ onProgress });
  assert.equal(await Promise.race([waits.promise, done.then(() => 'ended without a turn')]), 'waits');
  turn.release();
  const result = await done;
  assert.deepEqual(phases, ['begin', 'end']);
  return result;
}

/** The same of what would take long: it is called off while it waits. */
async function waitsForTurn(kind: Kind, act: Act<unknown>): Promise<void> {
  using _turn = store.leases.acquire(`slot:${kind}:0`, kind);
  const calledOff = new AbortController();
  const onProgress: ActOptions['onProgress'] = ({ step }) => {
    if (step === 'turn') calledOff.abort();
  };
  await assert.rejects(act({ signal: calledOff.signal, onProgress }), (error) => isFault(error, 'CANCELLED'));
}

async function launchAndStop(name: string, image: string, options: ActOptions = {}): Promise<void> {
  await compute.launch({ image, name, flavor: 'm1.tiny' }, options);
  await compute.stop(name, { force: true });
}

test('adding an image takes a turn to convert where it copies or unpacks', async () => {
  const source = join(world.stateDir, 'packed.raw');
  await writeFile(source, Buffer.alloc(MIB, 'novalet'));
  await inTurn('conversions', (options) => compute.images.add({ source, name: 'plain' }, options));
  await runProgram('gzip', ['-k', source]);
  const packed = { source: `${source}.gz`, name: 'packed' };
  await inTurn('conversions', (options) => compute.images.add(packed, options));
});

test('building an image takes a turn to convert', async () => {
  await waitsForTurn('conversions', (options) =>
    compute.images.build('minimal', { ...options, name: 'built' }),
  );
});

test('an image of an instance takes a turn to copy, and a launch from it one to build and one to convert', async () => {
  await inTurn('snapshots', (options) => compute.createImage('one', { name: 'first' }, options));
  await inTurn('builds', (options) => launchAndStop('two', 'minimal', options));
  await inTurn('conversions', (options) => launchAndStop('three', 'first', options));
  await inTurn('builds', (options) => compute.rebuild('two', { image: 'minimal' }, options));
});

test('a disk or a CD that is copied from an image takes a turn to convert', async () => {
  const disk = await inTurn('conversions', (options) =>
    compute.disks.attach('one', { source: { kind: 'image', image: 'first' } }, options),
  );
  await compute.disks.detach('one', disk.target);
  const source = join(world.stateDir, 'disc.iso');
  await writeConfigDrive(source, new Map([['a', Buffer.from('b')]]), { format: 'iso9660', label: 'cidata' });
  await compute.images.add({ source, name: 'disc', diskFormat: 'iso' });
  const drive = { device: 'cdrom', source: { kind: 'image', image: 'disc' } } as const;
  const attached = await inTurn('conversions', (options) => compute.disks.attach('one', drive, options));
  await compute.disks.detach('one', attached.target);
});

test('exports, backups, their restoring, clones, and passwords on disks take a turn to copy', async () => {
  const to = join(world.stateDir, 'one.export');
  await inTurn('snapshots', (options) => compute.exportInstance('one', { to }, options));
  await inTurn('snapshots', (options) => compute.backups.create('one', {}, options));
  await inTurn('snapshots', (options) => compute.backups.restore('one', 'latest', {}, options));
  await inTurn('snapshots', (options) => compute.clone('one', { name: 'copy', start: false }, options));
  const password = { password: new Secret('a long one'), road: 'offline' } as const;
  await waitsForTurn('snapshots', (options) => compute.setPassword('one', password, options));
});

test('a resize copies when it is confirmed, and takes a turn then', async () => {
  const more = { vcpus: 1, memoryMiB: 384, rootGiB: 1, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ ...more, name: 'more' });
  await compute.resize('one', { flavor: 'more' });
  await inTurn('snapshots', (options) => compute.confirmResize('one', options));
});

test('offloading takes a turn to copy, and bringing the disk back one to convert', async () => {
  await inTurn('snapshots', (options) => compute.shelve('three', { ...options, offload: true }));
  await inTurn('conversions', (options) => compute.unshelve('three', options));
  await compute.stop('three', { force: true });
});

test('with one turn of each kind, actions of all kinds at once wait for each other and all end', async () => {
  for (const name of ['second', 'third']) await compute.createImage('one', { name });
  const to = join(world.stateDir, 'again.export');
  await Promise.all([
    launchAndStop('four', 'second'),
    launchAndStop('five', 'third'),
    compute.createImage('one', { name: 'fourth' }),
    compute.exportInstance('copy', { to }),
    compute.clone('two', { name: 'twin', start: false }),
    compute.disks.attach('three', { source: { kind: 'image', image: 'first' } }),
  ]);
  assert.deepEqual(
    store.leases.list().filter(({ key }) => key.startsWith('slot:')),
    [],
  );
});

test('whoever waited for an instance that was deleted meanwhile is told so by its name', async () => {
  const number = store.instances.allocateNumber();
  const vanishing = anInstance({ name: 'vanishing', number, vmState: 'active' });
  store.instances.insert(vanishing);
  using deleting = store.leases.acquire(`instance:${vanishing.id}`, 'delete');
  const waits = Promise.withResolvers<void>();
  const stopping = compute.stop('vanishing', {
    onProgress: ({ step }) => (step === 'wait-for-turn' ? waits.resolve() : undefined),
  });
  const refused = assert.rejects(stopping, {
    code: 'INSTANCE_NOT_FOUND',
    message: 'Instance vanishing was deleted meanwhile',
  });
  await waits.promise;
  store.instances.remove(vanishing.id);
  deleting.release();
  await refused;
});
