// Many seeds of an agent that delays, splits, glues, repeats, drops and lies: every request gets its own answer or a
// named fault, and none hangs.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../../src/base/index.ts';
import { Agent, socketOpener } from '../../../src/guest/index.ts';
import { FakeAgent, type FakeAnswer, type FakeRequest } from '../../fakes/agent.ts';
import { MostHeld } from '../../support/held-bytes.ts';

const peer = 'the agent of t';
const CODES = [
  'AGENT_UNRESPONSIVE',
  'AGENT_DISCONNECTED',
  'AGENT_REPLY_INVALID',
  'AGENT_REPLY_TOO_LARGE',
  'AGENT_REFUSED',
];
const SEEDS = process.env['NOVALET_TEST_LONG'] === '1' ? 10_000 : 300;

const trick = fc.constantFrom(
  'answer',
  'answer',
  'answer',
  'stale first',
  'twice',
  'other id',
  'no id',
  'drop',
  'hang up',
  'half and hang up',
  'gibberish',
  'too large',
  'deep',
  'delimiters',
  'event first',
  'refuse',
  'half',
  'glue',
);
type Trick = typeof trick extends fc.Arbitrary<infer T> ? T : never;

test('every request gets its own answer or a named fault', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(trick, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 40 }),
      async (tricks, size) => {
        await using fake = await FakeAgent.listen();
        await using agent = agentOf(fake.path);
        fake.commands.add('guest-echo');
        fake.carry = (socket, bytes) => inPieces(socket, bytes, size);
        const older: string[] = [];
        let at = 0;
        fake.handlers.set('guest-echo', (request, answer) =>
          play(tricks[at] ?? 'answer', request, answer, older),
        );
        for (at = 0; at < tricks.length; at += 1) await ask(agent, `word ${at}`);
        // And when it behaves again, it answers again.
        at = tricks.length;
        assert.equal(await ask(agent, 'last'), 'last');
      },
    ),
    { numRuns: SEEDS },
  );
});

const MIB = 1024 * 1024;

test('a line of a hundred megabytes is dropped as it comes, and the next request is answered', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  fake.commands.add('guest-echo');
  const piece = Buffer.alloc(MIB, 'x'); // one for all, so that what grows is ours
  let isFirst = true;
  fake.handlers.set('guest-echo', (request, answer) => {
    if (!isFirst) return answer.give(request.arguments['word']);
    isFirst = false;
    answer.raw('{"return": "');
    fake.carry = (socket) => {
      for (let sent = 0; sent < 100; sent += 1) socket.write(piece);
      fake.carry = (other, bytes) => void other.write(bytes);
    };
    answer.raw('');
    answer.raw('"}\n');
  });
  assert.equal(typeof (await agent.info()).version, 'string');
  const held = new MostHeld();
  let isOver = false;
  const look = () => {
    held.look();
    if (!isOver) setImmediate(look);
  };
  look();
  const limits = { timeoutMs: 20_000, maxReplyBytes: MIB };
  await assert.rejects(
    agent.call('guest-echo', { word: 'first' }, limits),
    (error) => isFault(error, 'AGENT_REPLY_TOO_LARGE') && error.outcome === 'unknown',
  );
  assert.equal((await agent.call('guest-echo', { word: 'next' }, limits)).text(10), 'next');
  isOver = true;
  assert.ok(held.bytes < 24 * MIB, `${held.bytes / MIB} MiB were held`);
});

test('a million brackets, and numbers that no number holds, are refused as what they are', async () => {
  await using fake = await FakeAgent.listen();
  await using agent = agentOf(fake.path);
  fake.commands.add('guest-echo');
  const deep = [
    '['.repeat(1_000_000),
    `${'['.repeat(500_000)}${']'.repeat(500_000)}`,
    '{"a":'.repeat(200_000),
  ];
  const huge = ['1e400', '-1e400', '9'.repeat(100_000), '1.5', '9007199254740993', '-1'];
  for (const value of [...deep, ...huge]) {
    fake.handlers.set('guest-echo', ({ id }, answer) => answer.raw(`{"return": ${value}, "id": ${id}}\n`));
    const asked = async () => {
      const limits = { timeoutMs: 20_000, maxReplyBytes: 4 * MIB };
      return (await agent.call('guest-echo', {}, limits)).integer(0, 2 ** 53);
    };
    await assert.rejects(asked(), (error) => isFault(error, 'AGENT_REPLY_INVALID'), value.slice(0, 30));
  }
  fake.handlers.set('guest-echo', (_, answer) => answer.give(7));
  assert.equal((await agent.call('guest-echo')).integer(0, 9), 7);
});

function agentOf(path: string): Agent {
  // A pause of 0 keeps the breaker out of the way: it is tested by itself.
  const breaker = { firstPauseMs: 0, longestPauseMs: 0 };
  return new Agent({
    peer,
    open: socketOpener(path, { peer, timeoutMs: 60_000 }),
    requestTimeoutMs: 60_000,
    breaker,
  });
}

async function ask(agent: Agent, word: string): Promise<string> {
  try {
    const reply = await agent.call(
      'guest-echo',
      { word },
      { timeoutMs: word === 'last' ? 20_000 : 40, maxReplyBytes: 2000 },
    );
    assert.equal(reply.text(100), word);
    return word;
  } catch (error) {
    assert.ok(isFault(error, ...CODES), String(error));
    return error.code;
  }
}

function inPieces(socket: Socket, bytes: Buffer, size: number): void {
  for (let at = 0; at < bytes.length; at += size) socket.write(bytes.subarray(at, at + size));
}

function play(name: Trick, request: FakeRequest, answer: FakeAnswer, older: string[]): void {
  const { word } = request.arguments;
  const reply = `${JSON.stringify({ return: word, id: request.id })}\n`;
  const before = older.join('');
  older.push(reply);
  const half = reply.slice(0, reply.length / 2);
  const plays: Readonly<Record<Trick, () => void>> = {
    answer: () => answer.give(word),
    'stale first': () => answer.raw(before + reply),
    twice: () => answer.raw(reply + reply),
    'other id': () => answer.raw(`{"return": "lie", "id": 1}\n${reply}`),
    'no id': () => answer.raw(`{"return": "lie"}\n${reply}`),
    drop: () => {},
    'hang up': () => answer.hangUp(),
    'half and hang up': () => {
      answer.raw(half);
      answer.hangUp();
    },
    gibberish: () => answer.raw(`\u0000\u001b]0;x\u0007}{\n${reply}`),
    'too large': () => answer.raw(`{"return": "${'x'.repeat(5000)}\n${reply}`),
    deep: () => answer.raw(`{"return": ${'['.repeat(500)}\n${reply}`),
    delimiters: () => answer.raw(Buffer.concat([Buffer.from([0xff, 0xff]), Buffer.from(reply)])),
    'event first': () => answer.raw(`{"event": "RESET", "data": {}}\n${reply}`),
    refuse: () => answer.refuse('not today'),
    half: () => answer.raw(half),
    glue: () => answer.raw(`${before}${reply}${before}`),
  };
  plays[name]();
}
