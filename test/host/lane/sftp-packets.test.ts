// The SFTP server packet by packet: what stock clients do not ask, and what no client should.
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { runCommand } from '../support/run-command.ts';
import {
  ask,
  attributes,
  extended,
  FX,
  FXP,
  frame,
  INIT,
  inWords,
  OPEN,
  open,
  packet,
  type Request,
  text,
  u32,
  u64,
} from './sftp-wire.ts';
import { SftpWorld, treeOf } from './sftp-world.ts';

let world: SftpWorld;

before(async () => {
  world = await SftpWorld.make();
});
after(async () => await world[Symbol.asyncDispose]());
beforeEach(async () => {
  await rm(world.home, { recursive: true, force: true });
  await mkdir(world.home, { mode: 0o755 });
});

const at = (...names: readonly string[]): string => join(world.home, ...names);

test('the greeting says version 3 and every extension with its version', async () => {
  const client = world.start();
  const greeting = await client.reply();
  assert.deepEqual([greeting.type, greeting.id], [FXP.VERSION, 3]);
  const told = new Map<string, string>();
  while (!greeting.fields.isAtEnd()) told.set(greeting.fields.text(), greeting.fields.text());
  assert.deepEqual([...told].sort(), [
    ['expand-path@openssh.com', '1'],
    ['fstatvfs@openssh.com', '2'],
    ['fsync@openssh.com', '1'],
    ['hardlink@openssh.com', '1'],
    ['home-directory', '1'],
    ['limits@openssh.com', '1'],
    ['lsetstat@openssh.com', '1'],
    ['posix-rename@openssh.com', '1'],
    ['statvfs@openssh.com', '2'],
    ['users-groups-by-id@openssh.com', '1'],
  ]);
  await client.finish();
});

const BREACHES: Readonly<Record<string, readonly Buffer[]>> = {
  'a request before the greeting': [packet(FXP.STAT, 1, text('.'))],
  'a second greeting': [INIT, INIT],
  'a packet of no bytes': [INIT, frame()],
  'a packet larger than 256 KiB': [INIT, u32(256 * 1024 + 1), Buffer.alloc(4096)],
  'a packet of all the bytes that there are': [INIT, u32(0xffff_ffff)],
  'a string longer than its packet': [INIT, packet(FXP.STAT, 1, u32(100), Buffer.from('x'))],
  'a string of almost 4 GiB': [INIT, packet(FXP.STAT, 1, u32(0xffff_fffc), Buffer.from('abcd'))],
  'a path with a NUL inside': [INIT, packet(FXP.REMOVE, 1, text('a\0b'))],
  'attributes that end too early': [INIT, packet(FXP.SETSTAT, 1, text('.'), u32(15), u32(0))],
  'four milliards of extended attributes': [
    INIT,
    packet(FXP.MKDIR, 1, text('d'), u32(0x8000_0000), u32(0xffff_ffff)),
  ],
  'numbers of accounts that are not whole': [
    INIT,
    packet(FXP.EXTENDED, 1, text('users-groups-by-id@openssh.com'), text('abcde'), text('')),
  ],
  'an end within a packet': [INIT, packet(FXP.STAT, 1, text('.')).subarray(0, 9)],
  'an end within a length': [INIT, Buffer.of(0, 0)],
};

for (const [breach, bytes] of Object.entries(BREACHES)) {
  test(`${breach} ends the server with status 1, and nothing is done`, async () => {
    const client = world.startSilent();
    client.send(...bytes);
    const replies = await client.finish(1);
    assert.ok(replies.every(({ type }) => type === FXP.VERSION));
    assert.deepEqual(await readdir(world.home), []);
  });
}

test('what was asked before a breach is answered', async () => {
  const client = world.start();
  client.send(packet(FXP.MKDIR, 7, text('d'), attributes()), packet(FXP.STAT, 8, u32(9)));
  const replies = await client.finish(1);
  assert.deepEqual(
    replies.map(({ type, id }) => [type, id]),
    [
      [FXP.VERSION, 3],
      [FXP.STATUS, 7],
    ],
  );
  assert.deepEqual(await readdir(world.home), ['d']);
});

test('bytes behind a request and types that nobody knows are taken calmly', async () => {
  const client = world.start();
  const replies = await client.ask(
    ask(FXP.STAT, text('.'), Buffer.from('more')),
    ask(21),
    ask(99),
    ask(255),
    ask(0),
    ask(FXP.STATUS, u32(0)),
    extended('nobody@example.org'),
  );
  assert.deepEqual(replies.map(inWords), [
    'type 105',
    ...Array.from({ length: 6 }, () => `status ${FX.UNSUPPORTED}`),
  ]);
  await client.finish();
});

test('a thousand requests at once are answered in their order', async () => {
  const client = world.start();
  await writeFile(at('numbers'), Buffer.concat(Array.from({ length: 1000 }, (_, i) => u32(i))));
  const handle = await client.handle(open('numbers', OPEN.READ));
  const reads = Array.from({ length: 1000 }, (_, i) => ask(FXP.READ, handle, u64(BigInt(i * 4)), u32(4)));
  const numbers = (await client.ask(...reads)).map(({ fields }) => fields.bytes().readUInt32BE(0));
  assert.deepEqual(
    numbers,
    Array.from({ length: 1000 }, (_, i) => i),
  );
  await client.finish();
});

test('the largest packets work, and more than 255 KiB is given as 255', async () => {
  const client = world.start();
  const content = Buffer.alloc(255 * 1024, 'abcdefg');
  const handle = await client.handle(open('big', OPEN.READ | OPEN.WRITE | OPEN.CREATE));
  const padding = Buffer.alloc(256 * 1024 - (1 + 4 + handle.length + 8 + 4 + content.length));
  assert.equal(await client.status(ask(FXP.WRITE, handle, u64(0n), text(content), padding)), FX.OK);
  assert.equal(await client.status(ask(FXP.WRITE, handle, u64(BigInt(content.length)), text('more'))), FX.OK);
  const reply = await client.one(ask(FXP.READ, handle, u64(0n), u32(0xffff_ffff)));
  assert.ok(reply.fields.bytes().equals(content));
  await client.finish();
});

test('a closed handle never names anything again, and there are 256', async () => {
  const client = world.start();
  for (const name of ['first', 'second']) await writeFile(at(name), name);
  const first = await client.handle(open('first', OPEN.READ));
  assert.equal(await client.status(ask(FXP.CLOSE, first)), FX.OK);
  const second = await client.handle(open('second', OPEN.READ));
  assert.equal(second.readUInt32BE(4), first.readUInt32BE(4), 'it did not take the same place');
  const uses = [
    ask(FXP.READ, first, u64(0n), u32(9)),
    ask(FXP.CLOSE, first),
    ask(FXP.FSTAT, first),
    ask(FXP.READDIR, first),
    ask(FXP.FSETSTAT, first, attributes({ mode: 0 })),
    ask(FXP.CLOSE, text('')),
    ask(FXP.CLOSE, text(Buffer.alloc(12))),
    ask(FXP.CLOSE, text(Buffer.alloc(12, 255))),
    ask(FXP.CLOSE, text(Buffer.concat([second.subarray(4), Buffer.of(0)]))),
    ask(FXP.READDIR, second),
  ];
  assert.deepEqual(
    (await client.ask(...uses)).map(inWords),
    uses.map(() => `status ${FX.FAILURE}`),
  );
  const more = await client.ask(...Array.from({ length: 256 }, () => ask(FXP.OPENDIR, text('.'))));
  assert.deepEqual(
    more.map(({ type }) => type),
    [...Array.from({ length: 255 }, () => FXP.HANDLE), FXP.STATUS],
  );
  assert.equal((await client.one(ask(FXP.READ, second, u64(0n), u32(9)))).fields.text(), 'second');
  await client.finish();
});

test('opening a FIFO that nobody holds stops nothing', async () => {
  const client = world.start();
  assert.equal((await runCommand('mkfifo', [at('fifo')])).status, 0);
  const handle = await client.handle(open('fifo', OPEN.READ));
  assert.equal(await client.status(ask(FXP.READ, handle, u64(0n), u32(9))), FX.FAILURE);
  assert.equal(await client.status(ask(FXP.CLOSE, handle)), FX.OK);
  assert.equal(await client.status(open('fifo', OPEN.WRITE)), FX.FAILURE);
  await client.finish();
});

/** Every request that writes, on what is there. */
function writingRequests(handle: Buffer): Request[] {
  const changes = attributes({ size: 0n, mode: 0, times: [0, 0] });
  const flags = [
    OPEN.WRITE,
    OPEN.READ | OPEN.WRITE,
    OPEN.READ | OPEN.APPEND,
    OPEN.READ | OPEN.CREATE,
    OPEN.READ | OPEN.TRUNCATE,
    OPEN.CREATE | OPEN.NEW,
    OPEN.TRUNCATE,
    64,
    0x8000_0000,
  ];
  return [
    ...flags.flatMap((flag) => [open('f', flag), open('new', flag)]),
    ask(FXP.WRITE, handle, u64(0n), text('x')),
    ask(FXP.SETSTAT, text('f'), changes),
    ask(FXP.FSETSTAT, handle, changes),
    ask(FXP.REMOVE, text('f')),
    ask(FXP.MKDIR, text('new'), attributes()),
    ask(FXP.RMDIR, text('d')),
    ask(FXP.RENAME, text('f'), text('new')),
    ask(FXP.SYMLINK, text('f'), text('new')),
    extended('posix-rename@openssh.com', text('f'), text('new')),
    extended('hardlink@openssh.com', text('f'), text('new')),
    extended('lsetstat@openssh.com', text('f'), changes),
    extended('fsync@openssh.com', handle),
  ];
}

test('a server that only reads refuses every request that writes', async () => {
  await writeFile(at('f'), 'content');
  await mkdir(at('d'));
  const before = await treeOf(world.home, true);
  const client = world.start({ readOnly: true });
  const handle = await client.handle(open('f', OPEN.READ));
  const requests = writingRequests(handle);
  assert.deepEqual(
    (await client.ask(...requests)).map(inWords),
    requests.map(() => `status ${FX.DENIED}`),
  );
  assert.equal((await client.one(ask(FXP.READ, handle, u64(0n), u32(99)))).fields.text(), 'content');
  assert.deepEqual(await treeOf(world.home, true), before);
  await client.finish();
});

test('a server whose home cannot be entered begins at the root', async () => {
  const lost = world.start({ lostHome: true });
  assert.equal(inWords(await lost.one(ask(FXP.REALPATH, text('.')))), '1 name /');
  await lost.finish();
});

test('a client that stops reading ends the server with status 1', async () => {
  const client = world.start();
  await client.reply();
  client.streams.output.destroy();
  client.send(packet(FXP.STAT, 1, text('.')));
  await client.finish(1);
});
