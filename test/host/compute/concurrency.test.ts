// Several at once: in one process and in many.
import assert from 'node:assert/strict';
import { readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

/** A qcow2 image that takes a while to convert. */
async function addSlowImage(name: string): Promise<void> {
  const raw = join(world.stateDir, `${name}.raw`);
  await writeFile(raw, Buffer.alloc(64 * 1024 ** 2, 7));
  await truncate(raw, 256 * 1024 ** 2);
  await runProgram('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', raw, `${raw}.qcow2`]);
  const added = await world.novalet(['image', 'add', `${raw}.qcow2`, '--name', name]);
  assert.equal(added.status, 0, added.stderr);
}

test('launches of one image that nobody has converted yet, from several processes, convert it once', async () => {
  await addSlowImage('slow');
  const launches = await Promise.all(
    ['one', 'two', 'three'].map((name) =>
      world.novalet(['launch', 'slow', '--name', name, '--network', 'none'], {
        env: { PATH: process.env['PATH'] ?? '', NOVALET_LOG: 'info' },
      }),
    ),
  );
  for (const { status, stderr } of launches) assert.equal(status, 0, stderr);
  const bases = await readdir(join(world.stateDir, 'state', 'instances', '_base'));
  assert.equal(bases.length, 1, bases.join(' '));
  const converted = launches.filter(({ stderr }) => stderr.includes('preparing the base of an image')).length;
  assert.equal(converted, 1);
  const made = await stat(join(world.stateDir, 'state', 'instances', '_base', bases[0] ?? ''));
  assert.equal(made.size, 256 * 1024 ** 2);
  for (const name of ['one', 'two', 'three']) assert.equal((await world.novalet(['delete', name])).status, 0);
});

test('many launches at once in one process get names, numbers, addresses and taps of their own', async () => {
  const compute = await world.compute();
  const instances = await Promise.all(Array.from({ length: 4 }, () => compute.launch({ image: 'slow' })));
  const unique = (values: readonly unknown[]) => new Set(values).size;
  assert.equal(unique(instances.map(({ name }) => name)), 4);
  assert.equal(unique(instances.map(({ domainName }) => domainName)), 4);
  assert.equal(unique(instances.map(({ ports }) => ports[0]?.fixedIps[0]?.address)), 4);
  assert.equal(unique(instances.map(({ ports }) => ports[0]?.mac)), 4);
  await Promise.all(instances.map(({ id }) => compute.delete(id)));
  assert.deepEqual(await compute.list(), []);
});

test('two launches with one name: one wins, the other is told, and nothing of it stays', async () => {
  const both = await Promise.all(
    [1, 2].map(() => world.novalet(['launch', 'slow', '--name', 'same', '--network', 'none'])),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), [0, 4]);
  assert.match(both.map(({ stderr }) => stderr).join(''), /INSTANCE_NAME_TAKEN/);
  const snapshot = await world.snapshot();
  assert.equal(snapshot['domains']?.length, 1);
  assert.equal((await world.novalet(['delete', 'same'])).status, 0);
});

test('deleting an instance twice at once deletes it once, and the other finds nothing', async () => {
  const compute = await world.compute();
  const { id } = await compute.launch({ image: 'slow', network: 'none' });
  const results = await Promise.allSettled([compute.delete(id), compute.delete(id)]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.deepEqual((await world.snapshot())['domains'], []);
});
