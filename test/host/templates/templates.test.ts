// A template of a real guest, and guests that go on from its memory: each somebody else, none seeing what another writes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute, TemplateView } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const LIMIT = { timeout: 240_000 };
const BLOCK = 1024 * 1024;
const world = await World.make();
after(() => world[Symbol.asyncDispose]());

let compute: Compute;
let made: TemplateView;
let seed: Buffer;

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  const shape = { vcpus: 1, memoryMiB: 256, rootGiB: 0, ephemeralGiB: 1, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'small', ...shape });
  const steps: string[] = [];
  let keeping = Promise.resolve();
  made = await compute.templates.create(
    { name: 'web', image: 'minimal', flavor: 'small' },
    {
      onProgress: ({ step, phase }) => {
        if (phase === 'begin') steps.push(step);
        if (step === 'eject' && phase === 'begin') keeping = keepSeed();
      },
    },
  );
  await keeping;
  assert.deepEqual(steps.slice(-6), ['eject', 'prepare', 'shrink', 'memory', 'disks', 'checksum']);
}, LIMIT);

/** What the guest of the template was told at random, while it is still there to be looked at. */
async function keepSeed(): Promise<void> {
  const { instance } = await compute.show(`template-${(await compute.templates.show('web')).template.id}`);
  const documents = await compute.documents.openStack(instance.id);
  const text = Buffer.from(documents.get('openstack/latest/meta_data.json') ?? []);
  seed = Buffer.from(JSON.parse(text.toString()).random_seed, 'base64');
}

function fileOf(name: string): string {
  return join(world.stateDir, 'state', 'templates', made.template.id, name);
}

async function run(name: string, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await compute.exec(name, { argv: ['sh', '-c', script], via: 'agent' });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString().trim();
}

async function digests(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name } of made.template.files) {
    found[name] = createHash('sha256')
      .update(await readFile(fileOf(name)))
      .digest('hex');
  }
  return found;
}

test('a template has a memory and disks of its own, and its guest is gone', LIMIT, async () => {
  const { template, users, stale } = made;
  assert.deepEqual([template.name, template.state, users, stale], ['web', 'ready', [], null]);
  assert.deepEqual(template.files.map(({ name }) => name).sort(), [
    'disk',
    'disk.local',
    'kernel',
    'memory',
    'ramdisk',
  ]);
  assert.deepEqual(
    Object.fromEntries(template.files.map(({ name, sha256 }) => [name, sha256])),
    await digests(),
  );
  assert.deepEqual(await compute.list(), []);
  assert.deepEqual((await world.snapshot())['domains'], []);
  assert.deepEqual(await compute.templates.list(), [made]);
  assert.deepEqual((await compute.templates.verify('web')).damaged, new Map());
});

test('nothing that the guest of the template was told at random is in its files', LIMIT, async () => {
  assert.equal(seed.length, 512);
  const [piece, encoded] = [seed.subarray(0, 32), Buffer.from(seed.toString('base64').slice(0, 40))];
  for (const { name } of made.template.files) {
    const content = await readFile(fileOf(name));
    assert.deepEqual([content.includes(piece), content.includes(encoded)], [false, false], name);
  }
});

test(
  'two that go on from it are two, agree on what was there, and see nothing of each other',
  LIMIT,
  async () => {
    const before = await digests();
    const [one, two] = await Promise.all(
      ['one', 'two'].map((name) => compute.templates.launch('web', { name, tags: [name] })),
    );
    assert.deepEqual([one?.way, one?.why, two?.way, two?.why], ['memory', null, 'memory', null]);
    const words =
      'hostname; cat /proc/sys/kernel/random/uuid; head -c 32 /dev/urandom | od -An -tx1 | tr -d " \\n"';
    const [ofOne, ofTwo] = await Promise.all(['one', 'two'].map((name) => run(name, words)));
    const [linesOfOne = [], linesOfTwo = []] = [ofOne?.split('\n'), ofTwo?.split('\n')];
    assert.deepEqual([linesOfOne[0], linesOfTwo[0]], ['one', 'two']);
    for (const at of [1, 2]) assert.notEqual(linesOfOne[at], linesOfTwo[at]);
    const views = await Promise.all(['one', 'two'].map((name) => compute.show(name)));
    const macs = await Promise.all(['one', 'two'].map((name) => run(name, 'cat /sys/class/net/e*/address')));
    assert.deepEqual(
      macs,
      views.map(({ instance }) => instance.ports[0]?.mac),
    );
    assert.equal(new Set([...macs, ...views.map(({ instance }) => instance.id)]).size, 4);
    const boot = 'cut -d. -f1 /proc/uptime; md5sum /bin/busybox';
    const [, sumOfOne] = (await run('one', boot)).split('\n');
    assert.equal((await run('two', boot)).split('\n')[1], sumOfOne);
    const write = `printf mine | dd of=/dev/vdb bs=${BLOCK} seek=9 conv=notrunc 2>/dev/null && sync && echo done`;
    assert.equal(await run('one', write), 'done');
    assert.equal(
      await run('two', `dd if=/dev/vdb bs=${BLOCK} skip=9 count=1 2>/dev/null | head -c 4 | tr -d '\\0'`),
      '',
    );
    assert.deepEqual(await digests(), before);
    assert.deepEqual((await compute.templates.show('web')).users.toSorted(), ['one', 'two']);
    await assert.rejects(compute.templates.remove('web'), (error) => isFault(error, 'TEMPLATE_IN_USE'));
  },
);

test(
  'one that goes on has an address, is an instance like any other, and boots from its own disks afterwards',
  LIMIT,
  async () => {
    const { instance } = await compute.show('one');
    const address = instance.ports[0]?.fixedIps[0]?.address ?? assert.fail('no address');
    assert.match(await run('one', 'ip -4 addr'), new RegExp(`inet ${address.replaceAll('.', '\\.')}/`));
    await compute.pause('one');
    await compute.unpause('one');
    await run('one', `printf kept | dd of=/dev/vdb bs=${BLOCK} seek=11 conv=notrunc 2>/dev/null && sync`);
    await compute.reboot('one', { hard: true });
    await compute.waitFor('one', { kind: 'agent' });
    assert.equal(
      await run('one', `dd if=/dev/vdb bs=${BLOCK} skip=11 count=1 2>/dev/null | head -c 4`),
      'kept',
    );
    assert.equal(await run('one', 'cat /sys/class/dmi/id/product_uuid'), instance.id);
  },
);

test('where the memory cannot be read it boots, and says why', LIMIT, async () => {
  const memory = fileOf('memory');
  await chmod(memory, 0o600);
  const file = await open(memory, 'r+');
  const first = await readFile(memory).then((bytes) => bytes.subarray(0, 16));
  await file.write(Buffer.alloc(16), 0, 16, 0);
  const { damaged } = await compute.templates.verify('web');
  const launched = await compute.templates.launch('web', { name: 'cold' });
  await file.write(first, 0, 16, 0);
  await file.close();
  assert.deepEqual(damaged, new Map([['memory', 'changed']]));
  assert.equal(launched.way, 'cold');
  assert.equal(launched.why?.code, 'TEMPLATE_MEMORY_UNREADABLE');
  await compute.waitFor('cold', { kind: 'agent' });
  assert.equal((await compute.show('cold')).status, 'ACTIVE');
  assert.deepEqual((await compute.templates.verify('web')).damaged, new Map());
});

test('a template is removed when the last that lies over it is', LIMIT, async () => {
  for (const name of ['one', 'two', 'cold']) await compute.delete(name);
  await compute.templates.remove('web');
  assert.deepEqual(await readdir(join(world.stateDir, 'state', 'templates')), []);
  await assert.rejects(compute.templates.launch('web'), (error) => isFault(error, 'TEMPLATE_NOT_FOUND'));
});

test('an instance is made a template of while it runs on, and no name is given twice', LIMIT, async () => {
  await compute.launch({ image: 'minimal', name: 'first', flavor: 'small', network: 'none' });
  await compute.waitFor('first', { kind: 'agent' });
  await run('first', `printf mark | dd of=/dev/vdb bs=${BLOCK} seek=5 conv=notrunc 2>/dev/null && sync`);
  await compute.templates.create({ name: 'of-first', instance: 'first' });
  assert.equal((await compute.show('first')).status, 'ACTIVE');
  await assert.rejects(compute.templates.create({ name: 'of-first', instance: 'first' }), (error) =>
    isFault(error, 'TEMPLATE_EXISTS'),
  );
  const { way } = await compute.templates.launch('of-first', { name: 'next', network: 'none' });
  assert.equal(way, 'memory');
  assert.equal(
    await run('next', `dd if=/dev/vdb bs=${BLOCK} skip=5 count=1 2>/dev/null | head -c 4`),
    'mark',
  );
  assert.equal(
    (
      await runProgram('virsh', [
        '-c',
        'qemu:///system',
        'domstate',
        (await compute.show('next')).instance.domainName,
      ])
    ).stdout.trim(),
    'running',
  );
});
