import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../../src/base/index.ts';
import { type AgentCall, FunctionChannel, QapiFault } from '../../../src/qapi/index.ts';

const peer = 'the agent of t';
const brief = { timeoutMs: 3500 };

test('one request is one call, with whole seconds to answer in', async () => {
  const calls: [string, number][] = [];
  const call: AgentCall = async (json, seconds) => {
    calls.push([json, seconds]);
    return '{"return": {"pid": 4}}';
  };
  const channel = new FunctionChannel(call, { peer });
  assert.deepEqual(await channel.request('guest-exec', { path: 'true' }, brief), { pid: 4 });
  assert.deepEqual(calls, [['{"execute":"guest-exec","arguments":{"path":"true"}}', 3]]);
});

test('an error reply, and a refusal thrown by the function, are both a QapiFault', async () => {
  const replies: AgentCall[] = [
    async () => '{"error": {"class": "CommandNotFound", "desc": "no such thing"}}',
    async () => Promise.reject(new Fault('refused', 'LIBVIRT_FAILED', 'no such thing')),
  ];
  const classes = [];
  for (const call of replies) {
    const channel = new FunctionChannel(call, { peer });
    try {
      await channel.request('guest-x', undefined, brief);
    } catch (error) {
      assert.ok(error instanceof QapiFault);
      assert.match(error.message, /no such thing/);
      classes.push(error.class);
    }
  }
  assert.deepEqual(classes, ['CommandNotFound', '']);
});

test('a fault of the function keeps its code, and translation comes first', async () => {
  const call: AgentCall = async () =>
    Promise.reject(new Fault('internal', 'FOREIGN', 'boom', { details: { number: 74 } }));
  await assert.rejects(new FunctionChannel(call, { peer }).request('guest-x', undefined, brief), (error) =>
    isFault(error, 'FOREIGN'),
  );
  const translate = (fault: Fault) =>
    new Fault('unsupported', 'AGENT_ABSENT', 'no channel', { cause: fault });
  const channel = new FunctionChannel(call, { peer, translate });
  await assert.rejects(channel.request('guest-x', undefined, brief), (error) =>
    isFault(error, 'AGENT_ABSENT'),
  );
});

test('unresponsiveness has an unknown outcome for what changes something', async () => {
  const call: AgentCall = async () => Promise.reject(new Fault('timeout', 'AGENT_UNRESPONSIVE', 'no answer'));
  const channel = new FunctionChannel(call, { peer });
  const outcomes: string[] = [];
  for (const readOnly of [true, false]) {
    await assert.rejects(channel.request('guest-x', undefined, { ...brief, readOnly }), (error) => {
      assert.ok(isFault(error, 'AGENT_UNRESPONSIVE'));
      outcomes.push(error.outcome);
      return true;
    });
  }
  assert.deepEqual(outcomes, ['not-done', 'unknown']);
});

test('a call that does not come back holds the next one off, and its reply reaches nobody', async () => {
  const first = Promise.withResolvers<string>();
  let calls = 0;
  const call: AgentCall = () => {
    calls += 1;
    return calls === 1 ? first.promise : Promise.resolve('{"return": "second"}');
  };
  const channel = new FunctionChannel(call, { peer });
  await assert.rejects(channel.request('guest-x', undefined, { timeoutMs: 20 }), (error) =>
    isFault(error, 'AGENT_UNRESPONSIVE'),
  );
  await assert.rejects(channel.request('guest-y', undefined, { timeoutMs: 20 }), (error) => {
    return isFault(error, 'AGENT_UNRESPONSIVE') && error.outcome === 'not-done';
  });
  assert.equal(calls, 1);
  first.resolve('{"return": "first"}');
  assert.equal(await channel.request('guest-z', undefined, brief), 'second');
});

test('sizes are held to on both ways', async () => {
  let calls = 0;
  const call: AgentCall = async () => {
    calls += 1;
    return `{"return": "${'x'.repeat(2000)}"}`;
  };
  const channel = new FunctionChannel(call, { peer });
  const large = { data: 'x'.repeat(128 * 1024) };
  await assert.rejects(channel.request('guest-x', large, brief), (error) =>
    isFault(error, 'AGENT_REQUEST_TOO_LARGE'),
  );
  assert.equal(calls, 0);
  const small = { ...brief, maxReplyBytes: 1000 };
  await assert.rejects(channel.request('guest-x', undefined, small), (error) =>
    isFault(error, 'AGENT_REPLY_TOO_LARGE'),
  );
  assert.equal(calls, 1);
});

test('what is no reply is said so', async () => {
  for (const reply of ['', 'null', '{"event": "X"}', '{"return"']) {
    const channel = new FunctionChannel(async () => reply, { peer });
    await assert.rejects(channel.request('guest-x', undefined, brief), (error) =>
      isFault(error, 'AGENT_REPLY_INVALID'),
    );
  }
});

test('a request waits for room on its road, and one whose time runs out there was not sent', async () => {
  const rooms: (() => void)[] = [];
  let inside = 0;
  let calls = 0;
  const admit = async (signal: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    rooms.push(resolve);
    signal.addEventListener('abort', () => reject(signal.reason));
    await promise;
    inside += 1;
    return () => {
      inside -= 1;
    };
  };
  const call: AgentCall = async () => {
    calls += 1;
    return '{"return": 1}';
  };
  const channel = new FunctionChannel(call, { peer, admit });
  await assert.rejects(channel.request('guest-x', undefined, { timeoutMs: 30 }), (error) => {
    return isFault(error, 'AGENT_BUSY') && error.outcome === 'not-done';
  });
  assert.deepEqual([calls, inside], [0, 0]);
  const waiting = channel.request('guest-x', undefined, brief);
  await new Promise((resolve) => setImmediate(resolve));
  rooms[1]?.();
  assert.equal(await waiting, 1);
  assert.deepEqual([calls, inside], [1, 0]);
});

test('a call that outlives its deadline keeps its room until it has come back', async () => {
  let inside = 0;
  const admit = async () => {
    inside += 1;
    return () => {
      inside -= 1;
    };
  };
  const { promise: reply, resolve } = Promise.withResolvers<string>();
  const channel = new FunctionChannel(() => reply, { peer, admit });
  await assert.rejects(channel.request('guest-x', undefined, { timeoutMs: 30 }), (error) =>
    isFault(error, 'AGENT_UNRESPONSIVE'),
  );
  assert.equal(inside, 1);
  resolve('{"return": 1}');
  assert.equal(await channel.request('guest-x', undefined, brief), 1);
  assert.equal(inside, 0);
});

test('room that is found at the moment of giving up is given back', async () => {
  let inside = 0;
  const admit = async (signal: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve());
    await promise;
    inside += 1;
    return () => {
      inside -= 1;
    };
  };
  const channel = new FunctionChannel(async () => '{"return": 1}', { peer, admit });
  await assert.rejects(channel.request('guest-x', undefined, { timeoutMs: 30 }), (error) =>
    isFault(error, 'AGENT_BUSY'),
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(inside, 0);
});
