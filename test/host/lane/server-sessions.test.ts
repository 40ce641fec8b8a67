// Hellos, cuts and nonsense: what the server inside guests (native/lane) makes of bytes that are not as they should be.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encode, FLAG, FRAME, field, fields, hello, long, pair, TAG } from './server-wire.ts';
import { buildServer, gone, Lane } from './server-world.ts';

const E2BIG = 7;
const folder = mkdtempSync('/var/tmp/nvt-lane-');

before(buildServer);
after(() => rmSync(folder, { recursive: true, force: true }));

test('a hello is found behind garbage and parts of frames, byte by byte', async () => {
  await using lane = Lane.bare();
  const nonce = randomBytes(16);
  lane.expectWelcome(nonce);
  const noise = Buffer.concat([
    randomBytes(1000),
    hello(randomBytes(16)).subarray(0, 20),
    hello(nonce),
    hello(nonce),
  ]);
  for (const byte of noise) lane.write(Buffer.of(byte));
  await lane.welcome();
  lane.send(
    1,
    FRAME.spawn,
    fields([
      [TAG.arg, 'true'],
      [TAG.env, 'PATH=/bin:/usr/bin'],
    ]),
  );
  assert.equal((await lane.ended(1)).code, 0);
});

test('a hello behind the beginning of a frame that never ends is taken after a while', async () => {
  await using lane = await Lane.start();
  const pid = await lane.spawn(1, ['sleep', '1000']);
  lane.write(
    encode(lane.session, { channel: 1, type: FRAME.data, stream: 0, payload: Buffer.alloc(20_000) }).subarray(
      0,
      9000,
    ),
  );
  await lane.greet();
  await gone(pid);
  assert.equal((await lane.run(1, ['true'])).code, 0);
});

test('frames with the number of another session are not obeyed', async () => {
  await using lane = await Lane.start();
  const spawned = fields([
    [TAG.arg, 'touch'],
    [TAG.arg, join(folder, 'forged')],
    [TAG.env, 'PATH=/bin:/usr/bin'],
  ]);
  const number = lane.nonce.readUInt32BE();
  lane.write(encode(number, { channel: 1, type: FRAME.spawn, stream: 0, payload: spawned }));
  await lane.greet();
  assert.equal((await lane.run(1, ['true'])).code, 0);
  await assert.rejects(access(join(folder, 'forged')));
});

test('frames in single bytes mean the same', async () => {
  await using lane = await Lane.start();
  const spawned = fields([
    [TAG.arg, 'cat'],
    [TAG.env, 'PATH=/bin:/usr/bin'],
    [TAG.flags, FLAG.stdin],
  ]);
  const frames = [
    encode(lane.session, { channel: 1, type: FRAME.spawn, stream: 0, payload: spawned }),
    encode(lane.session, { channel: 1, type: FRAME.data, stream: 0, payload: Buffer.from('drop by drop') }),
    encode(lane.session, { channel: 1, type: FRAME.eof, stream: 0, payload: Buffer.alloc(0) }),
  ];
  for (const byte of Buffer.concat(frames)) lane.write(Buffer.of(byte));
  assert.equal((await lane.ended(1)).stdout.toString(), 'drop by drop');
});

test('QUIT ends the server and what it runs', async () => {
  await using lane = await Lane.start();
  const pid = await lane.spawn(1, ['sleep', '1000']);
  lane.send(0, FRAME.quit);
  await gone(pid);
});

test('a hello of version 0 ends the server and what it runs, within a session or before one', async () => {
  await using lane = await Lane.start();
  const pid = await lane.spawn(1, ['sleep', '1000']);
  const seen: Buffer[] = [];
  lane.child.stdout.on('data', (bytes: Buffer) => seen.push(bytes));
  const nonce = randomBytes(16);
  const ended = once(lane.child.stdout, 'end');
  lane.write(hello(nonce, 0));
  await gone(pid);
  await ended;
  const farewell = Buffer.concat([Buffer.from('934e564c57454c430001000000000000', 'hex'), nonce]);
  assert.ok(Buffer.concat(seen).equals(farewell));
  await using other = Lane.bare();
  other.write(hello(nonce, 0));
  await once(other.child.stdout, 'end');
});

test('fields that are longer than a frame come before their order', async () => {
  await using lane = await Lane.start();
  const words = ['x'.repeat(131_071), 'y'.repeat(131_071), ''];
  const script = 'for word; do printf %s "$word" | wc -c; done; printf %s "$2" | tr -d y | wc -c';
  const list = ['sh', '-c', script, 'sh', ...words].map((word) => [TAG.arg, word] as const);
  const payload = fields([...list, [TAG.env, 'PATH=/bin:/usr/bin']]);
  for (let at = 0; at < payload.length; at += 32_744) {
    const isLast = at + 32_744 >= payload.length;
    lane.send(1, isLast ? FRAME.spawn : FRAME.more, payload.subarray(at, at + 32_744));
  }
  await lane.expect(1, FRAME.opened);
  assert.equal((await lane.ended(1)).stdout.toString(), '131071\n131071\n0\n0\n');
  // Taken back, it is part of nothing.
  lane.send(1, FRAME.more, Buffer.from('no fields'));
  lane.send(1, FRAME.close);
  assert.equal((await lane.run(1, ['true'])).code, 0);
});

test('fields without end, of two orders at once, or of a channel that is open, end the session', async () => {
  await using lane = await Lane.start();
  const breaks: (() => void)[] = [
    () => {
      for (let at = 0; at < 65; at += 1) lane.send(2, FRAME.more, Buffer.alloc(32_744));
    },
    () => {
      lane.send(2, FRAME.more, Buffer.alloc(1));
      lane.send(3, FRAME.more, Buffer.alloc(1));
    },
    () => {
      lane.send(2, FRAME.more, Buffer.alloc(1));
      lane.send(3, FRAME.open, fields([[TAG.path, '/etc/passwd']]));
    },
    () => lane.send(1, FRAME.more, Buffer.alloc(1)),
    () => lane.send(0, FRAME.more, Buffer.alloc(1)),
  ];
  for (const act of breaks) {
    const pid = await lane.spawn(1, ['sleep', '1000']);
    act();
    await gone(pid);
    await lane.greet();
  }
});

test('more arguments than the kernel takes are told as such', async () => {
  await using lane = await Lane.start();
  const list = ['true', 'x'.repeat(131_072)].map((word) => [TAG.arg, word] as const);
  const payload = fields([...list, [TAG.env, 'PATH=/bin:/usr/bin']]);
  for (let at = 0; at + 32_744 < payload.length; at += 32_744)
    lane.send(1, FRAME.more, payload.subarray(at, at + 32_744));
  lane.send(1, FRAME.spawn, payload.subarray(payload.length - (payload.length % 32_744)));
  const failed = await lane.expect(1, FRAME.failed);
  assert.equal(field(failed.payload, TAG.where).toString(), 'exec');
  assert.equal(field(failed.payload, TAG.errno).readUInt32BE(), E2BIG);
});

/** A generator of numbers below a limit; the same for the same seed. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const HARMLESS = [
  [TAG.arg, 'true'],
  [TAG.env, 'PATH=/bin:/usr/bin'],
  [TAG.env, ''],
  [TAG.cwd, '/'],
  [TAG.flags, 7],
  [TAG.flags, 1],
  [TAG.path, '/etc/passwd'],
  [TAG.path, '/nowhere/x'],
  [TAG.how, 0],
  [TAG.offset, long(3)],
  [TAG.host, '127.0.0.1'],
  [TAG.port, 1],
  [TAG.terminal, pair(1, 1)],
  [TAG.builtin, 'none'],
  [TAG.gid, 1],
] as const;

function randomPayload(pick: (limit: number) => number, type: number): Buffer {
  if (type >= FRAME.spawn && type <= FRAME.listen && pick(8) !== 0) {
    return fields(Array.from({ length: pick(6) }, () => HARMLESS[pick(HARMLESS.length)] ?? HARMLESS[0]));
  }
  const sizes: Record<number, number> = {
    [FRAME.window]: 4,
    [FRAME.signal]: 5,
    [FRAME.resize]: 4,
    [FRAME.close]: 0,
  };
  const size = pick(10) === 0 ? pick(200) : (sizes[type] ?? pick(100));
  return Buffer.from(Array.from({ length: size }, () => (pick(2) === 0 ? 0 : pick(256))));
}

test('ten thousand random frames harm nothing, and a hello is still answered', async () => {
  await using lane = await Lane.start();
  const pick = random(20_261_121);
  for (let i = 0; i < 10_000; i++) {
    // Broken sessions are the common case: each is begun anew.
    if (i % 20 === 0) await lane.greet();
    const type = pick(12) === 0 ? pick(256) : 1 + pick(12);
    if (type === FRAME.quit) continue;
    const stream = pick(5) === 0 ? pick(4) : 0;
    const frame = encode(lane.session, {
      channel: pick(6),
      type,
      stream,
      payload: randomPayload(pick, type),
    });
    if (pick(40) === 0) frame[pick(frame.length)] = pick(256);
    lane.write(frame);
  }
  await lane.greet();
  assert.equal((await lane.run(1, ['true'])).code, 0);
});
