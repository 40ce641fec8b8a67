// What may go wrong around a template: files that are gone or damaged, people who interrupt, commands that cross each other, a
// host that is full. Nothing stays of what failed, and nothing waits for ever.
import assert from 'node:assert/strict';
import { chmod, copyFile, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { ActOptions, Compute, TemplateLaunched } from '../../../src/compute/index.ts';
import { World } from '../support/world.ts';
import { makeWhole, standing } from './killed-template.ts';

const LIMIT = { timeout: 240_000 };
const MIB = 1024 ** 2;
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
let untouched: unknown;
let directory: string;

before(async () => {
  await makeWhole(world);
  compute = await world.compute();
  await compute.templates.launch('whole', { name: 'first' }); // the network is there from now on
  await compute.delete('first');
  const [id = ''] = await readdir(join(world.stateDir, 'state', 'templates'));
  directory = join(world.stateDir, 'state', 'templates', id);
  untouched = await standing(world, compute);
}, LIMIT);

function code(...expected: readonly string[]): (error: unknown) => boolean {
  return (error) => isFault(error, ...expected);
}

async function requireUntouched(): Promise<void> {
  assert.deepEqual(await standing(world, compute), untouched);
  assert.deepEqual((await compute.templates.verify('whole')).damaged, new Map());
}

/** Does something when a step begins, and gives the launch and what came of that. */
async function launchAnd<T>(
  step: string,
  act: () => Promise<T>,
  options: ActOptions = {},
): Promise<readonly [TemplateLaunched, T]> {
  const other = Promise.withResolvers<T>();
  other.promise.catch(() => undefined); // thrown below
  const launched = await compute.templates.launch(
    'whole',
    { name: 'crossed' },
    {
      ...options,
      onProgress: (event) => {
        if (event.step === step && event.phase === 'begin') act().then(other.resolve, other.reject);
      },
    },
  );
  return [launched, await other.promise];
}

/** An interruption as a step begins. */
function interruptedAt(step: string): ActOptions {
  const interrupted = new AbortController();
  return {
    signal: interrupted.signal,
    onProgress: (event) => {
      if (event.step === step && event.phase === 'begin') interrupted.abort();
    },
  };
}

for (const step of ['files', 'define-domain', 'memory', 'plug', 'renew']) {
  test(`interrupted at "${step}", a launch is taken back, and boots nothing instead`, LIMIT, async () => {
    await assert.rejects(
      compute.templates.launch('whole', { name: 'doomed' }, interruptedAt(step)),
      code('CANCELLED'),
    );
    await requireUntouched();
  });
}

test('who removes a template while an instance is launched from it is told whose it is', LIMIT, async () => {
  for (const step of ['files', 'memory']) {
    const refused = async () =>
      await assert.rejects(compute.templates.remove('whole'), code('TEMPLATE_IN_USE'));
    const [{ way }] = await launchAnd(step, refused);
    assert.equal(way, 'memory');
    await compute.delete('crossed');
  }
  await requireUntouched();
});

test('an instance that is deleted while it is launched is launched, and gone then', LIMIT, async () => {
  const [{ way }] = await launchAnd('memory', () => compute.delete('crossed'));
  assert.equal(way, 'memory');
  await requireUntouched();
});

test(
  'a name is given to one of two templates that are made at the same time, and to none that was interrupted',
  LIMIT,
  async () => {
    const make = async (options: ActOptions) =>
      await compute.templates.create({ name: 'twice', image: 'minimal', flavor: 'small' }, options);
    const first = make(interruptedAt('checksum'));
    const second = make({});
    await assert.rejects(second, code('TEMPLATE_EXISTS'));
    await assert.rejects(compute.templates.launch('twice'), code('TEMPLATE_NOT_READY'));
    await assert.rejects(compute.templates.verify('twice'), code('TEMPLATE_NOT_READY'));
    await assert.rejects(first, code('CANCELLED'));
    await requireUntouched();
  },
);

/** Puts one of its files aside, makes what takes its place, and puts it back afterwards. */
async function damaged(
  name: string,
  damage: (path: string) => Promise<void>,
  act: () => Promise<void>,
): Promise<void> {
  const path = join(directory, name);
  const aside = join(world.stateDir, 'aside');
  await rename(path, aside);
  try {
    await damage(path);
    await act();
  } finally {
    await rm(path, { force: true });
    await rename(aside, path);
  }
}

for (const [what, damage] of [
  ['is missing', async () => undefined],
  [
    'was cut short',
    async (path) => {
      await copyFile(join(world.stateDir, 'aside'), path);
      await chmod(path, 0o600);
      await truncate(path, Math.floor((await stat(path)).size / 2));
    },
  ],
  [
    'is garbage from its middle on',
    async (path) => {
      await copyFile(join(world.stateDir, 'aside'), path);
      await chmod(path, 0o600);
      const { size } = await stat(path);
      const file = await open(path, 'r+');
      for (let at = Math.floor(size / 2); at < size; at += MIB)
        await file.write(Buffer.alloc(Math.min(MIB, size - at), 0xa5), 0, undefined, at);
      await file.close();
    },
  ],
] as readonly (readonly [string, (path: string) => Promise<void>])[]) {
  test(`where a template's memory ${what}, what is launched from it boots, and is whole`, LIMIT, async () => {
    await damaged('memory', damage, async () => {
      const { way, why } = await compute.templates.launch('whole', { name: 'cold' });
      assert.equal(way, 'cold', what);
      assert.ok(why instanceof Error);
      await compute.waitFor('cold', { kind: 'agent' }, { timeoutMs: 120_000 });
      assert.equal((await compute.show('cold')).status, 'ACTIVE');
      await compute.delete('cold');
    });
    await requireUntouched();
  });
}

test(
  'where one of its disks is missing, or not as long as it was, nothing is launched, and verify names it',
  LIMIT,
  async () => {
    const damages = [async () => undefined, (path: string) => copyFile('/dev/null', path)];
    for (const [at, damage] of damages.entries())
      await damaged('disk', damage, async () => {
        await assert.rejects(compute.templates.launch('whole', { name: 'doomed' }), code('TEMPLATE_DAMAGED'));
        const { damaged: told } = await compute.templates.verify('whole');
        assert.deepEqual(told, new Map([['disk', at === 0 ? 'missing' : 'changed']]));
      });
    await requireUntouched();
  },
);

test('on a full host nothing is launched from it, and nothing is left', LIMIT, async () => {
  const { memoryMiB } = await compute.capacity();
  const rest = memoryMiB.total - memoryMiB.held - memoryMiB.reserved - 100;
  const shape = { vcpus: 1, rootGiB: 0, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ ...shape, name: 'all', memoryMiB: rest });
  await compute.launch({ image: 'minimal', name: 'large', flavor: 'all', network: 'none' });
  await assert.rejects(compute.templates.launch('whole', { name: 'doomed' }), code('HOST_FULL'));
  await compute.delete('large');
  await requireUntouched();
});

test('it outlives its image, whose base goes with the last of it', LIMIT, async () => {
  for (const name of ['minimal', 'minimal-kernel', 'minimal-ramdisk']) await compute.images.remove(name);
  const { way, why } = await compute.templates.launch('whole', { name: 'orphan' });
  assert.deepEqual([way, why], ['memory', null]);
  await compute.reboot('orphan', { hard: true });
  await compute.waitFor('orphan', { kind: 'agent' }, { timeoutMs: 120_000 });
  await compute.delete('orphan');
  await compute.templates.remove('whole');
  const { files } = await world.snapshot();
  assert.deepEqual(
    files?.filter((file) => file.endsWith(' f')),
    [],
  );
});
