// Many seeds of a server in the guest that splits, glues, repeats, lies, sends without end and hangs up: every call ends
// with its own answer or a named fault, none hangs, and nothing is held without bound.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { isFault } from '../../../src/base/index.ts';
import { LaneSession, type LaneSpawn } from '../../../src/lane/index.ts';
import { FakeLaneServer } from '../../fakes/lane-server.ts';
import { type FakeLane, integers } from '../../fakes/lane-session.ts';
import { heldBytes } from '../../support/held-bytes.ts';

const SEEDS = process.env['NOVALET_TEST_LONG'] === '1' ? 10_000 : 500;
const USER = { uid: 0, gid: 0, groups: [0] };
const CODES = [
  'LANE_LOST',
  'LANE_PROTOCOL',
  'LANE_REFUSED',
  'LANE_UNANSWERED',
  'LANE_SILENT',
  'LANE_VERSION',
  'CANCELLED',
];

const trick = fc.record({
  kind: fc.constantFrom(
    'nothing',
    'nothing',
    'nothing',
    'welcome again',
    'other channel',
    'random frame',
    'random bytes',
    'other session',
    'beyond the credit',
    'window',
    'half and hang up',
    'hang up',
    'close',
    'refuse',
  ),
  channel: fc.integer({ min: 0, max: 6 }),
  type: fc.integer({ min: 0, max: 36 }),
  stream: fc.integer({ min: 0, max: 3 }),
  bytes: fc.uint8Array({ maxLength: 80 }),
});
type Trick = typeof trick extends fc.Arbitrary<infer T> ? T : never;

test('every call to a hostile server ends, with its own answer or a named fault', {
  timeout: 1_800_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(trick, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 200 }),
      fc.uint8Array({ maxLength: 100 }),
      async (tricks, size, stale) => {
        await using server = await FakeLaneServer.listen();
        server.stale = Buffer.from(stale);
        server.carry = (socket, bytes) => {
          // The first kilobyte in small pieces, the rest as it is.
          for (let at = 0; at < Math.min(bytes.length, 1000); at += size)
            socket.write(bytes.subarray(at, Math.min(at + size, 1000)));
          if (bytes.length > 1000) socket.write(bytes.subarray(1000));
        };
        const session = await LaneSession.open(connect({ path: server.path }), {
          peer: 't',
          timeoutMs: 60_000,
          answerMs: 5000,
        });
        try {
          for (const each of tricks) await round(server, session, each);
        } finally {
          await session.close();
        }
        assert.equal(session.channels, 0);
        // What it did to one session leaves the next unharmed.
        await using next = await LaneSession.open(connect({ path: server.path }), {
          peer: 't',
          timeoutMs: 60_000,
        });
        const program = await next.spawn(order('cat'));
        assert.equal(await echoed(program, 'last word'), 'last word');
      },
    ),
    { numRuns: SEEDS },
  );
});

test('a server that sends without end is bounded by its credit, and the session ends', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await LaneSession.open(connect({ path: server.path }), {
    peer: 't',
    timeoutMs: 60_000,
  });
  const program = await session.spawn(order('sleep'));
  const before = process.memoryUsage().rss;
  const piece = Buffer.alloc(32_744);
  for (let at = 0; at < 2000; at += 1) server.lane.frame(1, 5, 1, piece);
  await assert.rejects(program.ended, (error) => isFault(error, 'LANE_PROTOCOL'));
  assert.ok(program.stdout.readableLength <= 262_144);
  assert.ok(process.memoryUsage().rss - before < 256 * 1024 * 1024);
});

test('single bytes that nobody reads do not hold the chunks that they came in', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await LaneSession.open(connect({ path: server.path }), {
    peer: 't',
    timeoutMs: 60_000,
  });
  const program = await session.spawn(order('sleep'));
  program.stdout.read(0); // somebody wants the first bytes, and takes none
  const junk = Buffer.alloc(32_744);
  for (let at = 0; at < 2000; at += 1) {
    server.lane.frame(1, 5, 1, Buffer.from([at & 0xff]));
    server.lane.frame(77, 5, 1, junk); // of a channel that is not open: ignored
  }
  await session.ping(30_000);
  assert.ok((await heldBytes()) < 4 * 1024 * 1024);
  await program.close();
});

test('facts with terminal escapes, or of no sense, end the greeting, and nothing of them is told', async () => {
  const escapes = '\u001b]0;owned\u0007\u001b[2J\u009b6n';
  const lies: readonly Readonly<Record<string, unknown>>[] = [
    ...['server', 'bootId', 'machine'].map((name) => ({ [name]: `x${escapes}` })),
    { [escapes]: 1, server: escapes },
    { pid: 1e308 },
    { pid: '1' },
    { uid: -1 },
    { session: 2 ** 40 },
    { server: 'x'.repeat(129) },
    { machine: '\ud800' },
    { bootId: JSON.parse('['.repeat(900) + ']'.repeat(900)) },
  ];
  await using server = await FakeLaneServer.listen();
  for (const facts of lies) {
    server.facts = facts;
    const opening = LaneSession.open(connect({ path: server.path }), { peer: 't', timeoutMs: 60_000 });
    await assert.rejects(opening, (error) => {
      assert.ok(isFault(error, 'LANE_PROTOCOL'), String(error));
      assert.doesNotMatch(`${error.message}${error.hint}`, /\p{Cc}|owned/u);
      return true;
    });
  }
});

test('an endless stream in place of a welcome holds no memory, and ends with the deadline', async () => {
  await using server = await FakeLaneServer.listen();
  server.deafFor = Number.POSITIVE_INFINITY;
  server.stale = Buffer.alloc(64 * 1024 * 1024, Buffer.from('934e564c57454c43', 'hex')); // welcomes, all begun
  const before = heldBytes();
  const opening = LaneSession.open(connect({ path: server.path }), { peer: 't', timeoutMs: 1000 });
  await assert.rejects(opening, (error) => isFault(error, 'LANE_SILENT'));
  server.stale = Buffer.alloc(0);
  assert.ok((await heldSoon()) - before < 4 * 1024 * 1024);
});

test('a refusal that is full of escapes, or of numbers that no system has, is told in our words', async () => {
  await using server = await FakeLaneServer.listen();
  const escapes = Buffer.from('\u001b]0;owned\u0007\u001b[2J');
  const field = (tag: number, value: Buffer) =>
    Buffer.concat([Buffer.of(tag), integers(value.length), value]);
  const lies = [
    Buffer.concat([field(18, integers(4_294_967_295)), field(19, escapes)]),
    Buffer.concat([field(18, integers(2)), field(19, Buffer.alloc(30_000, 'x'))]),
    Buffer.concat([field(18, Buffer.alloc(9)), field(19, Buffer.from('exec'))]),
    Buffer.concat([Buffer.of(19), integers(4_000_000_000)]),
    escapes,
    Buffer.alloc(0),
  ];
  for (const lie of lies) {
    await using session = await LaneSession.open(connect({ path: server.path }), {
      peer: 't',
      timeoutMs: 60_000,
      answerMs: 2000,
    });
    const program = await session.spawn(order('cat'));
    server.lane.frame(1, 10, 0, lie); // CLOSE of the server's own accord, with fields
    await assert.rejects(program.ended, (error) => {
      assert.ok(isFault(error, ...CODES), String(error));
      assert.doesNotMatch(`${error.message}${error.hint ?? ''}`, /\p{Cc}|owned|x{1000}/u);
      return true;
    });
  }
});

function order(...argv: string[]): LaneSpawn {
  return { run: { argv }, env: [], cwd: '/', user: USER, stdin: true };
}

/** What is still held when what was only on its way has been let go: the least of some turns of the loop. */
async function heldSoon(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 20; turn += 1) {
    await setImmediate();
    least = Math.min(least, heldBytes());
  }
  return least;
}

/** One call with one trick played in the middle. */
async function round(server: FakeLaneServer, session: LaneSession, each: Trick): Promise<void> {
  const word = Buffer.from(each.bytes).toString('hex').repeat(40);
  try {
    const program = await session.spawn(order('cat'));
    const echo = echoed(program, word);
    play(server.lane, each);
    const got = await Promise.race([echo, program.ended.then(() => echo)]);
    // A random frame may well be data; what no trick touched is as it was sent.
    if (each.kind === 'nothing' || each.kind === 'welcome again' || each.kind === 'other channel')
      assert.equal(got, word);
    await program.close();
  } catch (error) {
    if (isFault(error, ...CODES)) {
      assert.doesNotMatch(`${error.message}${error.hint ?? ''}`, /\p{Cc}/u);
      return;
    }
    const isTorn = error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
    if (!isTorn) throw error;
  }
}

async function echoed(program: Awaited<ReturnType<LaneSession['spawn']>>, word: string): Promise<string> {
  program.stdin.end(word);
  const pieces: Buffer[] = [];
  for await (const bytes of program.stdout) pieces.push(Buffer.from(bytes));
  return Buffer.concat(pieces).toString();
}

function play(lane: FakeLane, each: Trick): void {
  const bytes = Buffer.from(each.bytes);
  switch (each.kind) {
    case 'nothing':
      break;
    case 'welcome again':
      lane.welcomeAgain();
      break;
    case 'other channel':
      lane.frame(4000 + each.channel, each.type, each.stream, bytes);
      break;
    case 'random frame':
      lane.frame(each.channel, each.type, each.stream, bytes);
      break;
    case 'random bytes':
      lane.raw(bytes);
      break;
    case 'other session':
      lane.saysSession = 9;
      break;
    case 'beyond the credit':
      for (let at = 0; at < 20; at += 1) lane.frame(each.channel, 5, 1, Buffer.alloc(32_744));
      break;
    case 'window':
      lane.frame(each.channel, 7, each.stream, integers(4_000_000_000));
      break;
    case 'half and hang up':
      lane.raw(bytes);
      lane.hangUp();
      break;
    case 'hang up':
      lane.hangUp();
      break;
    case 'close':
      lane.frame(each.channel, 10, 0, bytes);
      break;
    case 'refuse':
      lane.frame(each.channel, 33, 0, bytes);
      break;
    default:
      each.kind satisfies never;
  }
}
