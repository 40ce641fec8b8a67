// Backups of a guest that never ran: QEMU is started for each with the processors standing still.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import { fileOf, inPieces, madeExport, manifestOf } from './made-export.ts';

const world = await World.make();
const flavor = {
  name: 'full',
  vcpus: 1,
  memoryMiB: 256,
  rootGiB: 1,
  ephemeralGiB: 0,
  swapMiB: 0,
  extraSpecs: {},
};
const place = { directory: join(world.stateDir, 'backups') };
let disk = '';
after(() => world[Symbol.asyncDispose]());

before(async () => {
  const compute = await world.compute();
  const blank = join(world.stateDir, 'blank.raw');
  await runProgram('truncate', ['-s', '1M', blank]);
  await compute.images.add({ source: blank, name: 'blank', diskFormat: 'raw' });
  await compute.flavors.create(flavor);
  const made = await madeExport(world, 'blank');
  const { id } = await compute.importInstance({
    from: inPieces(fileOf(manifestOf(made, world), made.members)),
  });
  disk = join(world.stateDir, 'state/instances', id, 'disk');
});

test('each backup has what was written since the one before, and brings it back', async () => {
  const compute = await world.compute();
  await write('write -P 1 0 32M');
  const full = await compute.backups.create('made', place);
  const first = await content();
  await write('write -P 2 40M 1M');
  const second = await compute.backups.create('made', place);
  const later = await content();
  await write('write -P 3 0 64M');
  const third = await compute.backups.create('made', place);
  assert.deepEqual(
    [full.kind, second.kind, third.kind],
    ['full', 'incremental', 'incremental'],
    second.why ?? '',
  );
  assert.ok(second.bytes < full.bytes / 8, `${second.bytes} of ${full.bytes} bytes`);
  assert.equal(full.consistency, 'off');
  assert.equal((await compute.show('made')).status, 'SHUTOFF');
  await compute.backups.restore('made', second.id, place);
  assert.equal(await content(), later);
  await compute.backups.restore('made', full.id, place);
  assert.equal(await content(), first);
});

async function write(command: string): Promise<void> {
  await runProgram('qemu-io', ['-f', 'qcow2', '-c', command, disk]);
}

/** As a guest would read it, whatever the file is like. */
async function content(): Promise<string> {
  const raw = join(world.stateDir, 'looked-at.raw');
  await runProgram('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', disk, raw]);
  return (await runProgram('sha256sum', [raw])).stdout.slice(0, 64);
}
