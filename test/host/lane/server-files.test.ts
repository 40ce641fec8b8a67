// Files and connections of the server inside guests (native/lane), compiled with sanitizers and run on this host.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runCommand } from '../support/run-command.ts';
import { FLAG, FRAME, field, fields, HOW, long, TAG } from './server-wire.ts';
import { buildServer, digestOf, Lane } from './server-world.ts';

const NOBODY = 65_534;
const AS_NOBODY = [
  [TAG.uid, NOBODY],
  [TAG.gid, NOBODY],
] as const;
const ENOSPC = 28;
const notRoot = { skip: process.getuid?.() === 0 ? false : 'mounting takes root' };
const folder = mkdtempSync('/var/tmp/nvt-lane-');

before(async () => {
  await buildServer();
  await chmod(folder, 0o755);
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function mounted(place: string): Promise<void> {
  const done = await runCommand('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'nvt-full', place]);
  assert.equal(done.status, 0, done.stderr);
}

test('a file is read from an offset, in bytes and digest the same', async () => {
  await using lane = await Lane.start();
  const bytes = randomBytes(1_000_003);
  writeFileSync(join(folder, 'source'), bytes, { mode: 0o600 });
  lane.send(
    1,
    FRAME.open,
    fields([
      [TAG.path, join(folder, 'source')],
      [TAG.offset, long(1000)],
      [TAG.flags, FLAG.digestOut],
    ]),
  );
  const frames = await lane.until(1, FRAME.eof);
  assert.equal(field(frames[0]?.payload ?? Buffer.alloc(0), TAG.size).readBigUInt64BE(), 1_000_003n);
  const data = Buffer.concat(frames.slice(1, -1).map((frame) => frame.payload));
  assert.ok(data.equals(bytes.subarray(1000)));
  assert.equal(frames.at(-1)?.payload.toString('hex'), digestOf(data));
  lane.send(1, FRAME.open, fields([[TAG.path, join(folder, 'source')], ...AS_NOBODY]));
  assert.equal(field((await lane.expect(1, FRAME.failed)).payload, TAG.errno).readUInt32BE(), 13);
});

test('a file is written new, emptied and continued, with its mode and owner, and its digest told', async () => {
  await using lane = await Lane.start();
  const path = join(folder, 'target');
  const bytes = randomBytes(200_000);
  const write = async (how: number, offset: number, data: Buffer) => {
    const more = [
      [TAG.mode, 0o640],
      [TAG.how, how],
      [TAG.offset, long(offset)],
      [TAG.flags, FLAG.digestIn],
    ] as const;
    lane.send(1, FRAME.open, fields([[TAG.path, path], ...more, ...AS_NOBODY]));
    const opened = await lane.next(1);
    if (opened.type !== FRAME.opened) return field(opened.payload, TAG.errno).readUInt32BE();
    for (let at = 0; at < data.length; at += 32_744) lane.send(1, FRAME.data, data.subarray(at, at + 32_744));
    lane.send(1, FRAME.eof);
    assert.equal((await lane.until(1, FRAME.eof)).at(-1)?.payload.toString('hex'), digestOf(data));
    return 0;
  };
  assert.equal(await write(HOW.new, 0, bytes), 13, 'the folder is not theirs');
  await chmod(folder, 0o777);
  assert.equal(await write(HOW.new, 0, bytes), 0);
  assert.ok(readFileSync(path).equals(bytes));
  assert.deepEqual([statSync(path).mode & 0o7777, statSync(path).uid], [0o640, NOBODY]);
  assert.equal(await write(HOW.new, 0, bytes), 17);
  assert.equal(await write(HOW.at, 1000, Buffer.from('tail')), 0);
  assert.ok(readFileSync(path).equals(Buffer.concat([bytes.subarray(0, 1000), Buffer.from('tail')])));
  assert.equal(await write(HOW.truncate, 0, Buffer.from('short')), 0);
  assert.equal(readFileSync(path, 'utf8'), 'short');
  await chmod(folder, 0o755);
});

test(
  'a full disk ends a file with CLOSE and its errno, and what comes late does no harm',
  notRoot,
  async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    await mounted(disk);
    try {
      await using lane = await Lane.start();
      lane.send(
        1,
        FRAME.open,
        fields([
          [TAG.path, join(disk, 'large')],
          [TAG.how, HOW.new],
          [TAG.mode, 0o600],
        ]),
      );
      await lane.expect(1, FRAME.opened);
      for (let i = 0; i < 8; i++) lane.send(1, FRAME.data, Buffer.alloc(32_744));
      const closed = (await lane.until(1, FRAME.close)).at(-1)?.payload ?? Buffer.alloc(0);
      assert.equal(field(closed, TAG.where).toString(), 'write');
      assert.equal(field(closed, TAG.errno).readUInt32BE(), ENOSPC);
      lane.send(0, FRAME.ping, Buffer.from('still'));
      assert.equal((await lane.expect(0, FRAME.pong)).payload.toString(), 'still');
    } finally {
      const gone = await runCommand('umount', [disk]);
      assert.equal(gone.status, 0, gone.stderr);
    }
  },
);

test('a directory, a device and what is not there are refused with their errno', async () => {
  await using lane = await Lane.start();
  for (const [path, error] of [
    ['/usr', 21],
    ['/dev/zero', 22],
    ['/nowhere', 2],
  ] as const) {
    lane.send(1, FRAME.open, fields([[TAG.path, path]]));
    const failed = await lane.expect(1, FRAME.failed);
    assert.deepEqual(
      [field(failed.payload, TAG.where).toString(), field(failed.payload, TAG.errno).readUInt32BE()],
      ['open', error],
    );
  }
});

test('a connection carries bytes both ways and closes one way at a time', async () => {
  await using lane = await Lane.start();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (bytes) => socket.write(bytes.toString().toUpperCase()));
    socket.on('end', () => socket.end('bye'));
  });
  const path = join(folder, 'service');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  lane.send(1, FRAME.connect, fields([[TAG.path, path]]));
  await lane.expect(1, FRAME.opened);
  lane.send(1, FRAME.data, Buffer.from('hello'));
  assert.equal(await lane.read(1, 'HELLO'), 'HELLO');
  lane.send(1, FRAME.eof);
  assert.equal(await lane.read(1, 'bye'), 'bye');
  await lane.expect(1, FRAME.eof);
  server.close();
  lane.send(
    1,
    FRAME.connect,
    fields([
      [TAG.host, '127.0.0.1'],
      [TAG.port, 1],
    ]),
  );
  assert.equal(field((await lane.expect(1, FRAME.failed)).payload, TAG.errno).readUInt32BE(), 111);
});

test('a listener tells its port and hands over each connection', async () => {
  await using lane = await Lane.start();
  lane.send(
    1,
    FRAME.listen,
    fields([
      [TAG.host, 'localhost'],
      [TAG.port, 0],
    ]),
  );
  const port = field((await lane.expect(1, FRAME.opened)).payload, TAG.port).readUInt32BE();
  const client = createConnection({ port, host: 'localhost' });
  const accepted = await lane.expect(1, FRAME.accepted);
  const channel = field(accepted.payload, TAG.channel).readUInt32BE();
  assert.ok(channel >= 2 ** 31);
  client.write('from inside');
  assert.equal(await lane.read(channel, 'inside'), 'from inside');
  const closed = new Promise((resolve) => client.once('close', resolve));
  client.resume();
  lane.send(channel, FRAME.close);
  await lane.expect(channel, FRAME.close);
  await closed;
  lane.send(1, FRAME.close);
  await lane.expect(1, FRAME.close);
});
