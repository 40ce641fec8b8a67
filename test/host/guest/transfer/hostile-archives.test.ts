// What a guest could send as its archive, against the guard and this host's tar.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { Files, type Road } from '../../../../src/guest/index.ts';
import { TarGuard } from '../../../../src/guest/transfer/tar-guard.ts';
import { padding, writeHeader, writePax } from '../../../../src/guest/transfer/tar-members.ts';
import { Scratch, sh } from './scratch.ts';

interface Member {
  readonly name: string;
  readonly type?: string;
  readonly link?: string;
  readonly content?: string;
  readonly mode?: number;
  readonly pax?: Readonly<Record<string, string>>;
}

function member({ name, type = '0', link = '', content = '', mode = 0o644, pax = {} }: Member): Buffer {
  const body = Buffer.from(content);
  const header = { name, type, link, mode, uid: 0, gid: 0, size: body.length, mtime: 0 };
  return Buffer.concat([
    writePax(new Map(Object.entries(pax))),
    writeHeader(header),
    body,
    Buffer.alloc(padding(body.length)),
  ]);
}

function archive(...members: readonly Member[]): Buffer {
  return Buffer.concat([...members.map(member), Buffer.alloc(1024)]);
}

/** A road whose guest packs nothing but this, and swears to it. */
function lyingRoad(world: Scratch, bytes: Buffer): Road {
  const { road } = world;
  const file = world.path('archive');
  writeFileSync(file, bytes);
  const digest = createHash('blake2b512').update(bytes).digest('hex');
  const lie = `cat "$1"; printf '\\0000 %s\\n' "$2" >&2`;
  return {
    via: 'lane',
    openRead: (path, request) => road.openRead(path, request),
    openWrite: (path, request) => road.openWrite(path, request),
    spawn: async (request) => {
      const isPack = request.argv[2]?.includes('tar -c "$@" -f - .') === true;
      return await road.spawn(
        isPack ? { ...request, argv: ['/bin/sh', '-c', lie, 'lie', file, digest] } : request,
      );
    },
  };
}

const LONG = 'd/'.repeat(3000);

const HOSTILE: Readonly<Record<string, Buffer>> = {
  'an absolute name': archive({ name: '/var/tmp/novalet-evil', content: 'x' }),
  'a name that leads out': archive({ name: 'a/../../evil', content: 'x' }),
  'a pax path that leads out': archive({ name: 'fine', content: 'x', pax: { path: '../evil' } }),
  'a sparse name that leads out': archive({
    name: 'fine',
    content: '1\n0\n0\n',
    pax: {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': '../evil',
      'GNU.sparse.realsize': '9',
    },
  }),
  'a sparse file of the old kind': archive({
    name: 'f',
    pax: { 'GNU.sparse.size': '99', 'GNU.sparse.numblocks': '1' },
  }),
  'a file through a link': archive({ name: 'l', type: '2', link: '..' }, { name: 'l/evil', content: 'x' }),
  'a directory over a link': archive({ name: 'l', type: '2', link: '..' }, { name: 'l', type: '5' }),
  'a file over a link': archive({ name: 'l', type: '2', link: '../evil' }, { name: 'l', content: 'x' }),
  'a hard link to outside': archive({ name: 'h', type: '1', link: '/etc/passwd' }),
  'a hard link that leads out': archive({ name: 'h', type: '1', link: '../secret' }),
  'a hard link to a link': archive(
    { name: 'l', type: '2', link: '/etc/passwd' },
    { name: 'h', type: '1', link: 'l' },
  ),
  'a hard link to what is not there': archive({ name: 'h', type: '1', link: 'nothing' }),
  'a character device': archive({ name: 'c', type: '3' }),
  'a block device': archive({ name: 'b', type: '4' }),
  'a fifo': archive({ name: 'p', type: '6' }),
  'a global header': archive({ name: 'g', type: 'g', content: '12 path=../x\n' }),
  'a volume label': archive({ name: 'v', type: 'V' }),
  'a multi-volume piece': archive({ name: 'm', type: 'M' }),
  'a file capability': archive({ name: 'f', pax: { 'SCHILY.xattr.security.capability': 'x' } }),
  'a trusted attribute': archive({ name: 'f', pax: { 'SCHILY.xattr.trusted.overlay.opaque': 'y' } }),
  'a dump directory': archive({ name: 'f', pax: { 'GNU.dumpdir': 'Y../x' } }),
  'a long name that leads out': archive(
    { name: 'L', type: 'L', content: `../${'x'.repeat(150)}\0` },
    { name: 'f' },
  ),
  'a long link that leads out': archive(
    { name: 'f' },
    { name: 'K', type: 'K', content: '/etc/shadow\0' },
    { name: 'h', type: '1' },
  ),
  'a name that is too long': archive({ name: 'x', pax: { path: LONG } }),
  'a negative size': (() => {
    const block = member({ name: 'f' });
    block.fill(0xff, 124, 136);
    block.write('        ', 148);
    block.write(
      `${block
        .subarray(0, 512)
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return block;
  })(),
  'a size that is too large': archive({ name: 'f', pax: { size: '99999999999999999' } }),
  'a damaged header': Buffer.concat([Buffer.alloc(512, 'x'), Buffer.alloc(1024)]),
  'no archive': Buffer.from('hello'),
  'half an archive': archive({ name: 'f', content: 'x'.repeat(2000) }).subarray(0, 1024),
  'a description of nothing': writePax(new Map([['path', 'x']])),
};

for (const [what, bytes] of Object.entries(HOSTILE)) {
  test(`an archive with ${what} is refused, and nothing of it is kept`, async () => {
    await using world = await Scratch.open('gnu');
    mkdirSync(world.path('place'));
    mkdirSync(world.path('from'));
    writeFileSync(world.path('secret'), 's');
    const files = new Files(lyingRoad(world, bytes));
    const copied = files.copyOut(world.path('from'), world.path('place/to'), { recursive: true });
    await assert.rejects(copied, { code: 'TRANSFER_REFUSED' });
    assert.deepEqual(readdirSync(world.path('place')), []);
    assert.deepEqual(readdirSync(world.folder).sort(), ['archive', 'from', 'place', 'secret']);
    assert.ok(!existsSync('/var/tmp/novalet-evil'));
  });
}

test('links that point out are copied as links and never followed', async () => {
  await using world = await Scratch.open('gnu');
  sh('mkdir "$1/from" "$1/outside" && echo s >"$1/outside/s"', world.folder);
  const bytes = archive(
    { name: './', type: '5', mode: 0o2777 },
    { name: 'out', type: '2', link: '../outside' },
    { name: 'abs', type: '2', link: '/etc/passwd' },
    { name: 'f', content: 'x', mode: 0o6755 },
    { name: 'h', type: '1', link: './f' },
  );
  await new Files(lyingRoad(world, bytes)).copyOut(world.path('from'), world.path('to'), { recursive: true });
  assert.deepEqual(readdirSync(world.path('to')).sort(), ['abs', 'f', 'h', 'out']);
  assert.equal(statSync(world.path('to/f')).mode & 0o7777, 0o755);
  assert.equal(statSync(world.path('to')).mode & 0o7777, 0o777);
  assert.equal(statSync(world.path('to/h')).ino, statSync(world.path('to/f')).ino);
  assert.equal(readFileSync(world.path('outside/s'), 'utf8'), 's\n');
});

test('an archive beyond the limits is refused', async () => {
  await using world = await Scratch.open('gnu');
  sh('mkdir "$1/from" && head -c 5000 /dev/zero >"$1/from/a" && cp "$1/from/a" "$1/from/b"', world.folder);
  const copy = (limits: object) =>
    world.files.copyOut(world.path('from'), world.path('to'), { recursive: true, ...limits });
  await assert.rejects(copy({ maxBytes: 9999 }), { code: 'TRANSFER_TOO_LARGE' });
  await assert.rejects(copy({ maxEntries: 1 }), { code: 'TRANSFER_REFUSED' });
  assert.equal((await copy({ maxBytes: 10_000, maxEntries: 2 })).entries, 2);
});

test('an archive whose names would fill the memory is refused, the directories above them counted', async () => {
  const into = async (name: string) => {
    const guard = new TarGuard({ maxNameBytes: 100 });
    guard.resume();
    await pipeline(Readable.from([archive({ name: 'cut', pax: { path: name } })]), guard);
  };
  await into('a'.repeat(100));
  await assert.rejects(into('a'.repeat(101)), { code: 'TRANSFER_REFUSED' });
  await assert.rejects(into('abcdefghi/'.repeat(5) + 'a'.repeat(10)), { code: 'TRANSFER_REFUSED' });
});

test('a guest that lies about the digest of its archive is found out', async () => {
  await using world = await Scratch.open('gnu');
  mkdirSync(world.path('from'));
  const road = lyingRoad(world, archive({ name: 'f', content: 'one' }));
  writeFileSync(world.path('archive'), archive({ name: 'f', content: 'two' }));
  const copied = new Files(road).copyOut(world.path('from'), world.path('to'), { recursive: true });
  await assert.rejects(copied, { code: 'GUEST_FILE_CORRUPT' });
  assert.ok(!existsSync(world.path('to')));
});

test('an archive comes out of the guard the same however it is cut into pieces', async () => {
  const bytes = archive(
    { name: 'a', type: '5' },
    { name: 'a/f', content: 'x'.repeat(700) },
    { name: 'l', type: '2', link: 'a/f' },
  );
  const through = async (size: number) => {
    const guard = new TarGuard();
    const pieces: Buffer[] = [];
    const cut = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, at * size + size),
    );
    await pipeline(Readable.from(cut), guard, async (out: AsyncIterable<Buffer>) => {
      for await (const piece of out) pieces.push(piece);
    });
    return Buffer.concat(pieces).toString('hex');
  };
  const whole = await through(bytes.length);
  for (const size of [1, 7, 511, 512, 513]) assert.equal(await through(size), whole);
});
