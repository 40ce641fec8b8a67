// Crash only: making an image that is killed before or after any of its acts leaves no job, no file and no record, and the
// guest writes on to the disk that it had.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import { DiskMarks } from './disk-marks.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let untouched: unknown;
let domain = '';

before(async () => {
  const image = await world.minimalImage();
  const compute = await world.compute();
  await compute.launch({ image, name: 'origin', flavor: 'm1.tiny' });
  await compute.waitFor('origin', { kind: 'agent' });
  await new DiskMarks(compute, 'origin').write('kept', 1);
  domain = (await compute.show('origin')).instance.domainName;
  untouched = await standing(compute);
  await world.closeCompute();
});

async function standing(compute: Compute): Promise<unknown> {
  const virsh = async (command: string) =>
    (await runProgram('virsh', ['-c', 'qemu:///system', command, domain])).stdout;
  const { instance } = await compute.show('origin');
  return {
    world: await world.snapshot(),
    disks: await virsh('domblklist'),
    job: (await virsh('domjobinfo')).trim(),
    images: (await compute.images.list()).map(({ name }) => name),
    state: [instance.vmState, instance.taskState, instance.fault],
  };
}

// A blank guest has nothing to freeze: kills around freeze and thaw are in freeze-keeper.long.test.ts.
for (const [step, phase] of [
  ['copy-begin', 'begin'],
  ['copy-begin', 'end'],
  ['copy', 'begin'],
  ['copy', 'end'],
  ['pack', 'begin'],
  ['pack', 'end'],
  ['store', 'begin'],
] as const) {
  test(`killed at the ${phase} of ${step}, making an image leaves the guest and the store as they were`, async () => {
    assert.equal(await dieAt(step, phase, { quiesce: 'never', compress: true, name: 'doomed' }), 'SIGKILL');
    const compute = await world.compute(); // as the next command would
    assert.deepEqual(await standing(compute), untouched);
    const marks = new DiskMarks(compute, 'origin');
    assert.equal(await marks.read(1), 'kept');
    await marks.write(`${step} ${phase}`, 2);
    assert.equal(await marks.read(2), `${step} ${phase}`);
    await world.closeCompute();
  });
}

test('killed when it was stored, the image is there and whole, and the instance is free', async () => {
  assert.equal(await dieAt('store', 'end', { quiesce: 'never', name: 'whole' }), 'SIGKILL');
  const compute = await world.compute();
  const { id, sha256 } = await compute.images.show('whole');
  const bytes = await readFile(join(world.stateDir, 'state', 'images', id));
  assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256);
  await compute.createImage('origin', { name: 'again', quiesce: 'never' });
  assert.equal((await compute.show('origin')).instance.taskState, null);
});

async function dieAt(step: string, phase: string, request: object): Promise<string | null> {
  const program = join(import.meta.dirname, 'image-and-die.ts');
  const child = spawn(
    process.execPath,
    [program, world.configFile, 'origin', step, phase, JSON.stringify(request)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 240_000,
    },
  );
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
}
