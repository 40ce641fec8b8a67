// Crash only: after a process was killed in the middle of something with disks, record, running domain and definition agree.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GIB, MIB } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import { GuestWithDisks, NAME } from './guest-with-disks.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

let guest: GuestWithDisks;

before(async () => {
  guest = await GuestWithDisks.launch(world);
  const word = join(world.stateDir, 'word.txt');
  const iso = join(world.stateDir, 'cd.iso');
  await writeFile(word, 'word');
  await runProgram('xorriso', ['-as', 'mkisofs', '-quiet', '-r', '-J', '-V', 'cd', '-o', iso, word]);
  await guest.compute.images.add({ source: iso, name: 'cd' });
  await world.closeCompute(); // the next one repairs
});

/** Kills it there, lets the next command repair, and holds record, domain and definition against each other. */
async function killed(...[what, step, phase, word = '']: readonly string[]): Promise<GuestWithDisks> {
  const program = join(import.meta.dirname, 'act-and-die.ts');
  const args = [program, world.configFile, NAME, what ?? '', step ?? '', phase ?? '', word];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 120_000 });
  const [code, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL', `it ended with ${code}`);
  const again = guest.with(await world.compute());
  await agree(again);
  return again;
}

async function agree(now: GuestWithDisks): Promise<void> {
  const { instance } = await now.compute.show(NAME);
  assert.equal(instance.taskState, null);
  assert.equal(instance.vmState, 'active', JSON.stringify(instance.fault));
  const live = disksOf(await now.liveXml());
  assert.deepEqual(disksOf(await now.definition()), live, 'running domain and definition');
  const listed = (await now.list()).filter(({ role }) => role !== 'kept');
  assert.deepEqual(
    listed
      .map(({ target, source }) => `${target} ${source?.replace(/^(own|file) (?:.*\/)?/, '') ?? ''}`)
      .toSorted(),
    live,
    'record and running domain',
  );
  const media = (await readdir(now.directory)).filter((name) => name.startsWith('medium-'));
  assert.deepEqual(
    media,
    live.flatMap((disk) => /medium-\S+/.exec(disk)?.[0] ?? []),
    'no file is left',
  );
}

/** `vda disk`: target and file of each. */
function disksOf(xml: string): readonly string[] {
  return [...xml.matchAll(/<disk [\s\S]*?<\/disk>/g)]
    .map(([disk]) => {
      const file = /<source file='(?:[^']*\/)?([^'/]*)'/.exec(disk)?.[1] ?? '';
      return `${/<target dev='([^']*)'/.exec(disk)?.[1]} ${file}`;
    })
    .toSorted();
}

test('an attaching that was killed leaves a disk that is there, or none', async () => {
  for (const [step, phase] of [
    ['disk-record', 'begin'],
    ['disk-record', 'end'],
    ['disk-plug', 'end'],
  ] as const) {
    const now = await killed('attach', step, phase);
    const volumes = (await now.list()).filter(({ role }) => role === 'volume');
    assert.equal(volumes.length, step === 'disk-plug' ? 1 : 0, `${step} ${phase}`);
    for (const { id, role } of await now.list())
      if (role === 'kept' || role === 'volume')
        await now.compute.disks.detach(NAME, id ?? '', { remove: true });
    await world.closeCompute();
  }
});

test('a detaching that was killed leaves the disk in both places or in none, and its file', async () => {
  for (const [step, phase] of [
    ['disk-unplug', 'begin'],
    ['disk-unplug', 'end'],
  ] as const) {
    const before = guest.with(await world.compute());
    const disk = await before.compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: MIB } });
    await world.closeCompute();
    const now = await killed('detach', step, phase, disk.id ?? '');
    const role = (await now.list()).find(({ id }) => id === disk.id)?.role;
    assert.equal(role, phase === 'begin' ? 'volume' : 'kept');
    await now.compute.disks.detach(NAME, disk.id ?? '', { remove: true });
    await world.closeCompute();
  }
});

test('a medium whose changing was killed is what the drive has, for the record too', async () => {
  for (const [what, step, phase] of [
    ['insert', 'medium-change', 'begin'],
    ['insert', 'medium-change', 'end'],
    ['eject', 'medium-change', 'end'],
    ['insert', 'medium-record', 'end'],
    ['eject', 'medium-record', 'end'],
  ] as const) {
    await killed(what, step, phase, 'cd');
    await world.closeCompute();
  }
  const now = guest.with(await world.compute());
  await now.compute.disks.insert(NAME, 'sda', { kind: 'original' });
  assert.equal((await now.list()).find(({ target }) => target === 'sda')?.source, 'own disk.config');
  await world.closeCompute();
});

test('a disk whose growing was killed is as large as its record says', async () => {
  const now = await killed('grow', 'disk-grow', 'end', String(2 * GIB));
  assert.equal((await now.list()).find(({ target }) => target === 'vda')?.sizeBytes, 2 * GIB);
});
