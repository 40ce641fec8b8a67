// Single files over a road into this host: whole or not at all, private on the way, verified, resumed.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Files } from '../../../../src/guest/index.ts';
import { CuttingRoad } from '../../../fakes/cutting-road.ts';
import { FLAVOURS, random, Scratch, sh } from './scratch.ts';

const SIZE = 3_000_000;

function bytes(seed: number, size = SIZE): Buffer {
  const next = random(seed);
  const content = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) content.writeUInt32LE(Math.floor(next() * 2 ** 32), at);
  return content;
}

for (const flavour of FLAVOURS) {
  test(`${flavour}: a file keeps content, mode and time both ways`, async () => {
    await using world = await Scratch.open(flavour);
    const content = bytes(1);
    writeFileSync(world.path('a'), content, { mode: 0o640 });
    sh('touch -d "2001-02-03 04:05:06.123456789" "$1"', world.path('a'));
    const there = await world.files.copyIn(world.path('a'), world.path('b'));
    assert.deepEqual([there.bytes, there.verified, there.target], [SIZE, true, world.path('b')]);
    await world.files.copyOut(world.path('b'), world.path('c'));
    assert.ok(readFileSync(world.path('c')).equals(content));
    const { mode, mtimeMs } = statSync(world.path('c'));
    assert.equal(mode & 0o7777, 0o640);
    assert.equal(Math.floor(mtimeMs / 1000), Date.parse('2001-02-03T04:05:06') / 1000);
    if (flavour === 'gnu')
      assert.equal(sh('stat -c %y "$1"', world.path('c')), sh('stat -c %y "$1"', world.path('a')));
    assert.deepEqual(world.leftovers(), []);
  });

  test(`${flavour}: hostile names go both ways`, async () => {
    await using world = await Scratch.open(flavour);
    for (const name of ['-rf', ' ', 'a\nb', '$(id)', '\udcff\udcfe', 'ü', '`x`"\'\\', 'x'.repeat(255), '*']) {
      await world.files.write(world.path(name), `of ${name.length}`);
      assert.equal(await world.files.readText(world.path(name)), `of ${name.length}`, JSON.stringify(name));
      await world.files.copyOut(world.path(name), world.path('out'));
      assert.equal(readFileSync(world.path('out'), 'utf8'), `of ${name.length}`);
      await world.files.remove(world.path(name));
      assert.equal(await world.files.exists(world.path(name)), false);
    }
    assert.deepEqual(await readdir(world.folder), ['out']);
  });

  test(`${flavour}: the target is meant as cp means it, and a link is followed`, async () => {
    await using world = await Scratch.open(flavour);
    writeFileSync(world.path('a'), 'new');
    mkdirSync(world.path('dir'));
    writeFileSync(world.path('real'), 'old');
    symlinkSync('real', world.path('link'));
    await world.files.copyIn(world.path('a'), world.path('dir'));
    await world.files.copyIn(world.path('a'), world.path('link'));
    assert.equal(
      readFileSync(world.path('dir/a'), 'utf8') + readFileSync(world.path('real'), 'utf8'),
      'newnew',
    );
    assert.equal((await world.files.stat(world.path('link'))).kind, 'link');
    const cases = [
      [world.path('missing/x'), 'GUEST_FILE_NOT_FOUND'],
      [world.path('missing/'), 'GUEST_FILE_NOT_FOUND'],
      [world.path('a/x'), 'GUEST_FILE_REFUSED'],
      ['/dev/null', 'GUEST_FILE_REFUSED'],
    ] as const;
    for (const [target, code] of cases)
      await assert.rejects(world.files.copyIn(world.path('a'), target), { code });
    await assert.rejects(world.files.copyIn(world.path('dir'), world.path('x')), {
      code: 'HOST_FILE_REFUSED',
    });
    await assert.rejects(world.files.copyIn(world.path('no'), world.path('x')), {
      code: 'HOST_FILE_NOT_FOUND',
    });
    await assert.rejects(world.files.copyOut(world.path('no'), world.path('x')), {
      code: 'GUEST_FILE_NOT_FOUND',
    });
    await assert.rejects(world.files.copyOut(world.path('a'), world.path('no/x')), {
      code: 'HOST_FILE_NOT_FOUND',
    });
    await assert.rejects(world.files.copyOut('/dev/zero', world.path('x')), { code: 'GUEST_FILE_REFUSED' });
    await assert.rejects(world.files.write('/proc/version', 'x'), { name: 'Fault' });
  });

  test(`${flavour}: who may not, is denied; what is made belongs to whom it is done as`, async () => {
    await using world = await Scratch.open(flavour);
    sh(
      'chmod 755 "$1" && mkdir "$1/theirs" && chown nobody "$1/theirs" && echo secret >"$1/secret" && chmod 600 "$1/secret"',
      world.folder,
    );
    const user = 'nobody';
    await assert.rejects(world.files.readText(world.path('secret'), { user }), { code: 'GUEST_FILE_DENIED' });
    await assert.rejects(world.files.write(world.path('x'), 'x', { user }), { code: 'GUEST_FILE_DENIED' });
    await assert.rejects(world.files.remove(world.path('secret'), { user }), { code: 'GUEST_FILE_DENIED' });
    await world.files.copyIn(world.path('secret'), world.path('theirs/s'), { user, mode: 0o644 });
    assert.deepEqual(
      [statSync(world.path('theirs/s')).uid, statSync(world.path('theirs/s')).mode & 0o777],
      [65534, 0o644],
    );
    await world.files.copyIn(world.path('secret'), world.path('mine'), { owner: 'nobody' });
    assert.equal(statSync(world.path('mine')).uid, 65534);
    await world.files.write(world.path('mine'), 'replaced');
    assert.deepEqual(
      [statSync(world.path('mine')).uid, statSync(world.path('mine')).mode & 0o777],
      [65534, 0o600],
    );
  });

  test(`${flavour}: on the way it is private, and the old content stays until the end`, async () => {
    await using world = await Scratch.open(flavour);
    writeFileSync(world.path('t'), 'old', { mode: 0o644 });
    const modes: number[] = [];
    const content = async function* () {
      yield Buffer.alloc(100_000);
      const names = await world.files.list(world.folder);
      for (const { name, mode } of names) if (name !== 't') modes.push(mode);
      assert.equal(readFileSync(world.path('t'), 'utf8'), 'old');
      yield Buffer.alloc(100_000);
    };
    await world.files.copyIn(Readable.from(content(), { objectMode: false }), world.path('t'));
    assert.deepEqual(modes, [0o600]);
    assert.deepEqual(
      [statSync(world.path('t')).size, statSync(world.path('t')).mode & 0o777],
      [200_000, 0o644],
    );
  });

  test(`${flavour}: cut anywhere, the target stays and nothing is left; with resume it goes on`, async () => {
    await using world = await Scratch.open(flavour);
    const content = bytes(3);
    writeFileSync(world.path('source'), content);
    const next = random(11);
    for (let round = 0; round < 8; round += 1) {
      const target = world.path(`t${round}`);
      writeFileSync(target, 'old');
      const at = 400 + Math.floor(next() * (SIZE - 400));
      const [isIn, resume] = [round % 2 === 0, round >= 4];
      const copy = (files: Files) =>
        isIn
          ? files.copyIn(world.path('source'), target, { resume })
          : files.copyOut(world.path('source'), target, { resume });
      await assert.rejects(copy(new Files(new CuttingRoad(world.road, at))), { code: 'LANE_LOST' });
      assert.equal(readFileSync(target, 'utf8'), 'old');
      assert.equal(world.leftovers().length, resume ? 1 : 0);
      if (!resume) continue;
      const [part = ''] = world.leftovers();
      assert.equal(statSync(part).mode & 0o777, 0o600);
      const { size } = await stat(part);
      const report = await copy(world.files);
      assert.equal(report.resumedAt, size);
      assert.equal(report.bytes, SIZE - size);
      assert.ok(readFileSync(target).equals(content));
      assert.deepEqual(world.leftovers(), []);
    }
  });

  test(`${flavour}: a part of another source, or one that was changed, is not gone on with`, async () => {
    await using world = await Scratch.open(flavour);
    const source = world.path('source');
    for (const [direction, isIn] of [
      ['in', true],
      ['out', false],
    ] as const) {
      const target = world.path(direction);
      const copy = (files: Files) =>
        isIn
          ? files.copyIn(source, target, { resume: true })
          : files.copyOut(source, target, { resume: true });
      writeFileSync(source, bytes(4));
      await assert.rejects(copy(new Files(new CuttingRoad(world.road, 2_000_000))), { code: 'LANE_LOST' });
      const [part = ''] = world.leftovers();
      sh('printf ZZZZZZZZ | dd of="$1" bs=1 seek=5 conv=notrunc 2>/dev/null', part);
      assert.equal((await copy(world.files)).resumedAt, 0);
      assert.ok(readFileSync(target).equals(bytes(4)));
      await assert.rejects(copy(new Files(new CuttingRoad(world.road, 2_000_000))), { code: 'LANE_LOST' });
      writeFileSync(source, bytes(5));
      assert.equal((await copy(world.files)).resumedAt, 0);
      assert.ok(readFileSync(target).equals(bytes(5)));
      sh('rm -f "$1"/.*novalet-part*', world.folder);
    }
  });

  test(`${flavour}: bytes that change on the way are noticed, and nothing is put in place`, async () => {
    await using world = await Scratch.open(flavour);
    writeFileSync(world.path('a'), bytes(6, 100_000));
    await world.files.exists('/'); // the programs are looked for over a sound road
    const road = new CuttingRoad(world.road, Number.POSITIVE_INFINITY);
    const files = new Files({
      via: 'lane',
      spawn: (request) => world.road.spawn(request),
      openRead: (path, request) => road.openRead(path, request),
      openWrite: (path, request) => road.openWrite(path, request),
    });
    road.spoils = true;
    await assert.rejects(files.copyIn(world.path('a'), world.path('b')), { code: 'GUEST_FILE_CORRUPT' });
    await assert.rejects(files.copyOut(world.path('a'), world.path('b')), { code: 'GUEST_FILE_CORRUPT' });
    await assert.rejects(files.readBytes(world.path('a')), { code: 'GUEST_FILE_CORRUPT' });
    assert.ok(!existsSync(world.path('b')));
    assert.deepEqual(world.leftovers(), []);
  });

  test(`${flavour}: writers at one time leave one whole file`, async () => {
    await using world = await Scratch.open(flavour);
    const all = Array.from({ length: 6 }, (_, seed) => bytes(seed + 20, 200_000));
    await Promise.all(all.map((content) => world.files.write(world.path('t'), content)));
    const found = readFileSync(world.path('t'));
    assert.ok(all.some((content) => content.equals(found)));
    assert.deepEqual(world.leftovers(), []);
  });

  test(`${flavour}: an aborted copy leaves nothing, and is said to be cancelled`, async () => {
    await using world = await Scratch.open(flavour);
    const controller = new AbortController();
    const endless = async function* () {
      for (let count = 0; ; count += 1) {
        if (count === 20) controller.abort();
        yield Buffer.alloc(10_000);
      }
    };
    const copied = world.files.copyIn(Readable.from(endless(), { objectMode: false }), world.path('t'), {
      signal: controller.signal,
    });
    await assert.rejects(copied, { kind: 'cancelled' });
    assert.deepEqual(await readdir(world.folder), []);
  });

  test(`${flavour}: a source that falls silent, or fails, ends as it should`, async () => {
    await using world = await Scratch.open(flavour);
    const controller = new AbortController();
    const silent = new Readable({ read: () => undefined });
    silent.push('some');
    setTimeout(() => controller.abort(), 300);
    const { signal } = controller;
    await assert.rejects(world.files.copyIn(silent, world.path('t'), { signal }), { kind: 'cancelled' });
    const failing = new Readable({
      read: () => failing.destroy(Object.assign(new Error('no'), { code: 'EIO' })),
    });
    await assert.rejects(world.files.copyIn(failing, world.path('t')), { code: 'HOST_FILE_REFUSED' });
    assert.deepEqual(await readdir(world.folder), []);
  });

  test(`${flavour}: an update is written back only when the file is still the same`, async () => {
    await using world = await Scratch.open(flavour);
    writeFileSync(world.path('f'), 'one', { mode: 0o604 });
    assert.equal(
      await world.files.update(world.path('f'), async (content) => Buffer.from(`${content} two`)),
      true,
    );
    assert.equal(await world.files.update(world.path('f'), async (content) => content), false);
    const clash = world.files.update(world.path('f'), async () => {
      writeFileSync(world.path('f'), 'theirs');
      return Buffer.from('mine');
    });
    await assert.rejects(clash, { code: 'GUEST_FILE_CHANGED' });
    assert.equal(readFileSync(world.path('f'), 'utf8'), 'theirs');
    assert.equal(statSync(world.path('f')).mode & 0o777, 0o604);
    assert.deepEqual(world.leftovers(), []);
  });
}
