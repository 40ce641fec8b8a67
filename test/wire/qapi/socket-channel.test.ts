import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { QapiFault, SocketChannel } from '../../../src/qapi/index.ts';
import { TranscriptStream } from '../../fakes/agent-transcript.ts';

const peer = 'the agent of t';
const options = { peer, timeoutMs: 20_000 };
const brief = { timeoutMs: 20_000 };

/** A channel over a transcript: `answer` is called for every request but synchronisations, which work. */
async function opened(answer: (stream: TranscriptStream, id: number) => void, pieceBytes?: number) {
  const stream = new TranscriptStream();
  if (pieceBytes !== undefined) stream.pieceBytes = pieceBytes;
  stream.onRequest = (request) => {
    if (request.execute === 'guest-sync-delimited') stream.answerSync(request);
    else answer(stream, request.id);
  };
  return { stream, channel: await SocketChannel.open(stream, options) };
}

const stale = [
  '{"return": {"pid": 666}, "id": 12}\n',
  '{"return": {}}\n',
  '{"error": {"class": "GenericError", "desc": "JSON parse error"}}\n',
  'AAAA", "eof": false}}\n',
  '{"return": {"count": 3, "buf-b64": "AAA',
];

for (const pieceBytes of [1, 2, 3, 7, 64, Number.POSITIVE_INFINITY]) {
  test(`whatever an earlier client left is thrown away (pieces of ${pieceBytes})`, async () => {
    const stream = new TranscriptStream();
    stream.pieceBytes = pieceBytes;
    stream.onRequest = (request) => {
      if (request.execute === 'guest-sync-delimited') {
        // An older synchronisation's reply with its own 0xFF stands before ours.
        stream.answerSync(request, [...stale, Buffer.from([0xff]), '{"return": 77}\n', ...stale]);
      } else {
        stream.feed(`{"return": "mine", "id": ${request.id}}\n`);
      }
    };
    const channel = await SocketChannel.open(stream, options);
    assert.equal(await channel.request('guest-x', undefined, brief), 'mine');
    assert.deepEqual(stream.firstBytes, [0xff, 0x7b]);
  });

  test(`replies with other ids, events and empty lines are not ours (pieces of ${pieceBytes})`, async () => {
    const { channel } = await opened((stream, id) => {
      stream.feed(
        `{"return": "old", "id": ${id + 1}}\n\n{"return": "none"}\n{"return": "text", "id": "${id}"}\n`,
        `{"event": "X"}\n{"error": {"class": "GenericError", "desc": "old"}, "id": 5}\n`,
        `{"return": "mine", "id": ${id}}\n{"return": "again", "id": ${id}}\n`,
      );
    }, pieceBytes);
    assert.equal(await channel.request('guest-x', undefined, brief), 'mine');
    assert.equal(await channel.request('guest-x', undefined, brief), 'mine');
  });
}

test("a refusal carries class, command and the server's words without control characters", async () => {
  const { channel } = await opened((stream, id) =>
    stream.feed(`{"error": {"class": "GenericError", "desc": "no\\u001b[31m way"}, "id": ${id}}\n`),
  );
  await assert.rejects(channel.request('guest-x', undefined, brief), (error) => {
    assert.ok(error instanceof QapiFault);
    assert.deepEqual(
      [error.code, error.kind, error.class, error.command],
      ['AGENT_REFUSED', 'refused', 'GenericError', 'guest-x'],
    );
    assert.ok(!error.message.includes('\u001b'));
    return true;
  });
});

test('a complaint without an id, or what is no JSON, ends the wait at once and is followed by a synchronisation', async () => {
  const answers = [
    '{"error": {"class": "GenericError", "desc": "JSON parse error"}}\n',
    'gibberish\n',
    `{"return":${'['.repeat(200)}\n`,
  ];
  for (const answer of answers) {
    let isFirst = true;
    const { stream, channel } = await opened((each, id) => {
      each.feed(isFirst ? answer : `{"return": "fine", "id": ${id}}\n`);
      isFirst = false;
    });
    await assert.rejects(channel.request('guest-x', undefined, brief), (error) => {
      return isFault(error, 'AGENT_REPLY_INVALID') && error.outcome === 'unknown'; // it may be of a former request
    });
    assert.equal(await channel.request('guest-x', undefined, brief), 'fine');
    assert.deepEqual(stream.firstBytes, [0xff, 0x7b, 0xff, 0x7b]);
  }
});

test('a reply beyond the limit is a fault, and the next request is answered', async () => {
  for (const pieceBytes of [1000, Number.POSITIVE_INFINITY]) {
    const { channel } = await opened(
      (stream, id) => stream.feed(`{"return": "${'x'.repeat(5000)}", "id": ${id}}\n`),
      pieceBytes,
    );
    const small = { ...brief, maxReplyBytes: 1000 };
    await assert.rejects(channel.request('guest-x', undefined, small), (error) => {
      return isFault(error, 'AGENT_REPLY_TOO_LARGE') && error.outcome === 'unknown';
    });
    assert.equal(String(await channel.request('guest-x', undefined, brief)).length, 5000);
  }
});

test('silence closes the channel; the outcome is unknown only for what changes something', async () => {
  for (const [readOnly, outcome] of [
    [true, 'not-done'],
    [false, 'unknown'],
  ] as const) {
    const { stream, channel } = await opened(() => {});
    await assert.rejects(channel.request('guest-x', undefined, { timeoutMs: 20, readOnly }), (error) => {
      return isFault(error, 'AGENT_UNRESPONSIVE') && error.outcome === outcome;
    });
    assert.ok(channel.closed);
    assert.ok(stream.destroyed);
    await assert.rejects(channel.request('guest-x', undefined, brief), (error) => {
      return isFault(error, 'AGENT_DISCONNECTED') && error.outcome === 'not-done';
    });
  }
});

test('an end in the middle is a disconnection with unknown outcome', async () => {
  const { channel } = await opened((stream, id) => {
    stream.feed(`{"return": "half", "id": ${id}`);
    stream.push(null);
  });
  await assert.rejects(channel.request('guest-x', undefined, brief), (error) => {
    return isFault(error, 'AGENT_DISCONNECTED') && error.outcome === 'unknown';
  });
});

test('a cancelled request leaves the channel usable, and its late reply reaches nobody', async () => {
  let late = 0;
  const { channel } = await opened((stream, id) => {
    if (late === 0) late = id;
    else stream.feed(`{"return": "late", "id": ${late}}\n{"return": "mine", "id": ${id}}\n`);
  });
  const cancel = new AbortController();
  const waiting = channel.request('guest-x', undefined, { ...brief, signal: cancel.signal });
  setImmediate(() => cancel.abort());
  await assert.rejects(waiting, (error) => isFault(error, 'CANCELLED') && error.outcome === 'unknown');
  assert.equal(await channel.request('guest-x', undefined, brief), 'mine');
});

test('two requests at once are a defect of the caller', async () => {
  const { channel } = await opened((stream, id) =>
    setImmediate(() => stream.feed(`{"return": 1, "id": ${id}}\n`)),
  );
  const first = channel.request('guest-x', undefined, brief);
  await assert.rejects(channel.request('guest-y', undefined, brief), (error) =>
    isFault(error, 'CHANNEL_BUSY'),
  );
  assert.equal(await first, 1);
});

test('a synchronisation answered without 0xFF, or with another number, is none', async () => {
  for (const lie of ['{"return": ID, "id": ID}\n', '\u00ff{"return": 1, "id": ID}\n']) {
    const stream = new TranscriptStream();
    stream.onRequest = ({ id }) => stream.feed(Buffer.from(lie.replaceAll('ID', String(id)), 'latin1'));
    await assert.rejects(SocketChannel.open(stream, { peer, timeoutMs: 20 }), (error) =>
      isFault(error, 'AGENT_UNRESPONSIVE'),
    );
    assert.ok(stream.destroyed);
  }
});

test('an agent that gives no ids back is too old to be told apart', async () => {
  const stream = new TranscriptStream();
  stream.onRequest = ({ id }) => stream.feed(Buffer.from([0xff]), `{"return": ${id}}\n`);
  await assert.rejects(SocketChannel.open(stream, options), (error) => isFault(error, 'AGENT_TOO_OLD'));
});

test('an endless stream that answers nothing closes the channel, in bounded memory', async () => {
  const { stream, channel } = await opened(() => {});
  const noise = Buffer.from('{"return": 1, "id": 2}\n'.repeat(3000));
  const waiting = channel.request('guest-x', undefined, { timeoutMs: 60_000 });
  const pump = () => {
    if (channel.closed) return;
    stream.push(noise);
    setImmediate(pump);
  };
  pump();
  await assert.rejects(
    waiting,
    (error) => isFault(error, 'AGENT_REPLY_INVALID') && /endless/.test(error.message),
  );
});

test('a request that the road cannot carry is not sent', async () => {
  let sent = 0;
  const stream = new TranscriptStream();
  stream.onRequest = (request) => {
    if (request.execute === 'guest-sync-delimited') stream.answerSync(request);
    else sent += 1;
  };
  const channel = await SocketChannel.open(stream, { ...options, limits: { requestBytes: 100 } });
  const args = { data: 'x'.repeat(100) };
  await assert.rejects(channel.request('guest-x', args, brief), (error) =>
    isFault(error, 'AGENT_REQUEST_TOO_LARGE'),
  );
  assert.equal(sent, 0);
});
