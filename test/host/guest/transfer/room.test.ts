// How much a guest can lay on this host: what it announced and a part more, and never the last of the disk.
import assert from 'node:assert/strict';
import { createWriteStream, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Files, type GuestSource, type Road } from '../../../../src/guest/index.ts';
import { Scratch, sh } from './scratch.ts';

const MIB = 1024 * 1024;
const FULL = { code: 'HOST_DISK_FULL', hint: /--max-bytes/ };

/** A file system of 64 MiB for one test: of it, 3.2 MiB are the reserve. */
async function onSmallDisk(world: Scratch, work: (small: string) => Promise<void>): Promise<void> {
  const small = world.path('small');
  sh('mkdir "$1" && mount -t tmpfs -o size=64m nvt-room "$1"', small);
  try {
    await work(small);
  } finally {
    sh('umount "$1"', small);
  }
}

/** A road whose files announce ten bytes and never end. */
function endlessRoad(world: Scratch): Road {
  const { road } = world;
  const piece = Buffer.alloc(256 * 1024, 'e');
  const endless = async function* () {
    for (;;) yield piece;
  };
  return {
    via: 'lane',
    spawn: (request) => road.spawn(request),
    openWrite: (path, request) => road.openWrite(path, request),
    openRead: async (): Promise<GuestSource> => {
      const stream = Readable.from(endless(), { objectMode: false });
      return {
        via: 'lane',
        size: 10,
        stream,
        digest: new Promise(() => undefined),
        [Symbol.asyncDispose]: async () => void stream.destroy(),
      };
    },
  };
}

test('a file whose size leaves less than the reserve is refused before anything comes, and --max-bytes takes it', async () => {
  await using world = await Scratch.open('gnu');
  writeFileSync(world.path('big'), Buffer.alloc(62 * MIB, 'b'));
  await onSmallDisk(world, async (small) => {
    let progress = 0;
    const onProgress = () => {
      progress += 1;
    };
    await assert.rejects(world.files.copyOut(world.path('big'), `${small}/f`, { onProgress }), FULL);
    assert.deepEqual([progress, sh('ls -A "$1"', small)], [0, '']);
    await world.files.copyOut(world.path('big'), `${small}/f`, { maxBytes: 62 * MIB });
    assert.equal(statSync(`${small}/f`).size, 62 * MIB);
  });
});

test('a directory, or a sync, stops when only the reserve is left, and leaves nothing', async () => {
  await using world = await Scratch.open('gnu');
  sh(
    'mkdir "$1" && for n in 1 2 3 4; do head -c 15728640 /dev/urandom >"$1/$n"; done && cp "$1/1" "$1/5"',
    world.path('tree'),
  );
  await onSmallDisk(world, async (small) => {
    await assert.rejects(world.files.copyOut(world.path('tree'), `${small}/t`, { recursive: true }), FULL);
    await assert.rejects(world.files.sync('out', world.path('tree'), `${small}/t`), FULL);
    assert.equal(sh('ls -A "$1"', small), '');
  });
});

test('a file that sends much more than it announced is cut off, also with --resume, and nothing is kept', async () => {
  await using world = await Scratch.open('gnu');
  writeFileSync(world.path('log'), 'ten bytes\n');
  const files = new Files(endlessRoad(world));
  for (const resume of [false, true]) {
    const copied = files.copyOut(world.path('log'), world.path('out'), { resume });
    await assert.rejects(copied, { code: 'TRANSFER_TOO_LARGE', details: { maxBytes: 64 * MIB + 10 } });
  }
  assert.deepEqual(readdirSync(world.folder), ['log']);
});

test('the limit of the caller holds for a file, a file with holes, and a stream', async () => {
  await using world = await Scratch.open('gnu');
  writeFileSync(world.path('file'), Buffer.alloc(1000, 'f'));
  writeFileSync(world.path('holes'), '');
  truncateSync(world.path('holes'), MIB);
  const tooLarge = { code: 'TRANSFER_TOO_LARGE' };
  const copy = (name: string, maxBytes: number) =>
    world.files.copyOut(world.path(name), world.path('out'), { maxBytes });
  await assert.rejects(copy('file', 999), tooLarge);
  await assert.rejects(copy('holes', MIB - 1), tooLarge); // counted as it will look
  const sink = createWriteStream('/dev/null');
  await assert.rejects(world.files.copyOut(world.path('file'), sink, { maxBytes: 999 }), tooLarge);
  assert.deepEqual(readdirSync(world.folder).sort(), ['file', 'holes']);
  assert.equal((await copy('file', 1000)).bytes, 1000);
  assert.equal((await copy('holes', MIB)).verified, true);
});

test('a file that grows a little while it is read is taken as it has become', async () => {
  await using world = await Scratch.open('gnu');
  const path = '/proc/self/mountinfo'; // announces no bytes at all
  assert.equal(statSync(path).size, 0);
  await world.files.copyOut(path, world.path('out'));
  assert.ok(statSync(world.path('out')).size > 0);
});

test('a file system that counts no blocks, or compresses them, does not cut its files off', async () => {
  await using world = await Scratch.open('gnu');
  const { road } = world;
  const size = 96 * MIB;
  writeFileSync(world.path('file'), Buffer.alloc(size, 'c'));
  const lie = `printf '%s\\0%s\\0\\0' "$1" '${size} 0 512'`;
  for (const tar of [true, false]) {
    const files = new Files({
      via: 'lane',
      openRead: (path, request) => road.openRead(path, request),
      openWrite: (path, request) => road.openWrite(path, request),
      spawn: async (request) => {
        const script = request.argv[2] ?? '';
        const isTraits = script.includes("stat -L -c '%s %b %B'");
        const isProbe = script.includes("printf 'posix");
        if (isTraits)
          return await road.spawn({ ...request, argv: ['/bin/sh', '-c', lie, 'x', world.path('file')] });
        if (!isProbe || tar) return await road.spawn(request);
        return await road.spawn({ ...request, argv: ['/bin/sh', '-c', "printf 'b2sum\\0'"] });
      },
    });
    const { verified } = await files.copyOut(world.path('file'), world.path('out'));
    assert.ok(verified);
    assert.equal(statSync(world.path('out')).size, size);
  }
});
