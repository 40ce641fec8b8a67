// Clock, trim, freeze, processors and memory with an agent that does what a test tells it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import {
  AGENT_COMMANDS,
  Agent,
  freeze,
  onlineMemory,
  onlineVcpus,
  socketOpener,
  suspendGuest,
  syncAgent,
  syncTime,
  thaw,
  trimFilesystems,
} from '../../../src/guest/index.ts';
import { FakeAgent } from '../../fakes/agent.ts';

const peer = 'the agent of t';

async function withFake(work: (agent: Agent, fake: FakeAgent) => Promise<void>): Promise<void> {
  await using fake = await FakeAgent.listen();
  for (const name of Object.keys(AGENT_COMMANDS)) fake.commands.add(name);
  await using agent = new Agent({ peer, open: socketOpener(fake.path, { peer }), requestTimeoutMs: 20_000 });
  await work(agent, fake);
}

/** A guest with filesystems that freeze, and a shell whose scripts end with `exitCode`. */
function freezable(fake: FakeAgent, exitCode = 0): { order: string[]; frozen: boolean } {
  const state = { order: [] as string[], frozen: false };
  const on = (name: string, value: () => unknown) =>
    fake.handlers.set(name, (_, answer) => {
      state.order.push(name);
      answer.give(value());
    });
  fake.handlers.set('guest-fsfreeze-status', (_, answer) => answer.give(state.frozen ? 'frozen' : 'thawed'));
  let records = 0;
  on('guest-exec', () => {
    records += 1;
    return { pid: 7 };
  });
  fake.handlers.set('guest-exec-status', (_, answer) => {
    if (records === 0) return answer.refuse("Invalid parameter 'pid'");
    records -= 1;
    answer.give({ exited: true, exitcode: exitCode });
  });
  on('guest-fsfreeze-freeze', () => {
    state.frozen = true;
    return 2;
  });
  on('guest-fsfreeze-thaw', () => {
    state.frozen = false;
    return 2;
  });
  return state;
}

test('the way out of a freeze is there before the freeze', async () => {
  await withFake(async (agent, fake) => {
    const state = freezable(fake);
    assert.deepEqual(await freeze(agent, { deadlineMs: 59_500 }), { filesystems: 2 });
    assert.deepEqual(state.order, ['guest-exec', 'guest-fsfreeze-freeze']);
    const exec = fake.requests.find(({ execute }) => execute === 'guest-exec');
    assert.equal(Object(exec?.arguments)['arg'].at(3), '60'); // seconds, upwards
    await assert.rejects(freeze(agent, { deadlineMs: 60_000 }), (error) => isFault(error, 'AGENT_FROZEN'));
    assert.deepEqual(await thaw(agent), { filesystems: 2 });
    assert.equal(state.order.at(-1), 'guest-exec'); // the timer is called off
  });
});

test('a guest that cannot thaw by itself is not frozen, unless that is what was asked for', async () => {
  await withFake(async (agent, fake) => {
    const state = freezable(fake, 3);
    await assert.rejects(freeze(agent, { deadlineMs: 60_000 }), (error) =>
      isFault(error, 'FREEZE_UNGUARDED'),
    );
    fake.disabled.add('guest-exec');
    await assert.rejects(freeze(agent, { deadlineMs: 60_000 }), (error) =>
      isFault(error, 'FREEZE_UNGUARDED'),
    );
    assert.equal(state.frozen, false);
    assert.deepEqual(await freeze(agent, { deadlineMs: null }), { filesystems: 2 });
    assert.deepEqual(await thaw(agent), { filesystems: 2 });
  });
});

test('a freeze that fails in the middle, or freezes nothing, is followed by a thaw', async () => {
  await withFake(async (agent, fake) => {
    const state = freezable(fake);
    fake.handlers.set('guest-fsfreeze-freeze', (_, answer) => answer.refuse('failed to freeze /data: busy'));
    await assert.rejects(freeze(agent, { deadlineMs: 60_000 }), (error) => isFault(error, 'AGENT_REFUSED'));
    assert.ok(state.order.includes('guest-fsfreeze-thaw'));
    state.order.length = 0;
    fake.handlers.set('guest-fsfreeze-freeze', (_, answer) => answer.give(0));
    await assert.rejects(freeze(agent, { deadlineMs: 60_000 }), (error) => isFault(error, 'FREEZE_NOTHING'));
    assert.ok(state.order.includes('guest-fsfreeze-thaw'));
    fake.handlers.set('guest-fsfreeze-thaw', (_, answer) => answer.refuse('no'));
    fake.handlers.set('guest-fsfreeze-freeze', (_, answer) => answer.refuse('no'));
    await assert.rejects(
      freeze(agent, { deadlineMs: 60_000 }),
      (error) => isFault(error, 'FREEZE_STUCK') && error.outcome === 'unknown',
    );
  });
});

test('a freeze that took until the deadline is thawed, for the guest may have thawed before it and never again', async () => {
  await withFake(async (agent, fake) => {
    const state = freezable(fake);
    fake.handlers.set('guest-fsfreeze-freeze', (_, answer) => {
      state.frozen = true;
      setTimeout(() => answer.give(2), 1200); // the whole of the deadline, also where a timer fires a little early
    });
    await assert.rejects(freeze(agent, { deadlineMs: 1000 }), (error) => isFault(error, 'FREEZE_OVERDUE'));
    assert.equal(state.frozen, false);
  });
});

test('a freeze whose answer is lost is followed by a thaw as soon as the agent answers again', {
  timeout: 120_000,
}, async () => {
  await withFake(async (agent, fake) => {
    const state = freezable(fake);
    fake.handlers.set('guest-fsfreeze-freeze', () => {
      state.frozen = true;
    });
    await assert.rejects(
      freeze(agent, { deadlineMs: 60_000, timeoutMs: 300 }),
      (error) => isFault(error, 'AGENT_UNRESPONSIVE') && error.outcome === 'unknown',
    );
    assert.equal(state.frozen, false);
  });
});

test('every processor that is off is brought online, in as many calls as the agent needs', async () => {
  await withFake(async (agent, fake) => {
    const online = new Set([0]);
    fake.handlers.set('guest-get-vcpus', (_, answer) =>
      answer.give([0, 1, 2, 3].map((id) => ({ 'logical-id': id, online: online.has(id) }))),
    );
    fake.handlers.set('guest-set-vcpus', ({ arguments: args }, answer) => {
      const [first] = Object(args)['vcpus'];
      online.add(first['logical-id']);
      answer.give(1);
    });
    assert.deepEqual(await onlineVcpus(agent), { onlined: [1, 2, 3], online: 4 });
    assert.equal(fake.count('guest-set-vcpus'), 3);
    assert.deepEqual(await onlineVcpus(agent), { onlined: [], online: 4 });
    online.clear();
    fake.handlers.set('guest-set-vcpus', (_, answer) => answer.give(4)); // it says so, and does nothing
    await assert.rejects(onlineVcpus(agent), (error) => isFault(error, 'GUEST_VCPU_OFFLINE'));
    fake.handlers.set('guest-set-vcpus', (_, answer) => answer.give(0));
    await assert.rejects(onlineVcpus(agent), (error) => isFault(error, 'AGENT_REPLY_INVALID'));
  });
});

test('memory that is off is brought online, or said to be off still', async () => {
  await withFake(async (agent, fake) => {
    let isOnline = false;
    fake.handlers.set('guest-get-memory-blocks', (_, answer) =>
      answer.give([{ 'phys-index': 9, online: isOnline }]),
    );
    fake.handlers.set('guest-set-memory-blocks', (_, answer) => answer.give([]));
    await assert.rejects(onlineMemory(agent), (error) => isFault(error, 'GUEST_MEMORY_OFFLINE'));
    fake.handlers.set('guest-set-memory-blocks', (_, answer) => {
      isOnline = true;
      answer.give([{ 'phys-index': 9, response: 'success' }]);
    });
    assert.deepEqual(await onlineMemory(agent), { onlined: [9], online: 1 });
  });
});

test('a clock that was set is proven by reading it; one that is wrong all the same is a fault', async () => {
  await withFake(async (agent, fake) => {
    let aheadMs = 90_000;
    fake.handlers.set('guest-get-time', (_, answer) => answer.give((Date.now() + aheadMs) * 1e6));
    fake.handlers.set('guest-set-time', (_, answer) => {
      aheadMs = 0;
      answer.give({});
    });
    const { before, after, by, isRtcSet } = await syncTime(agent);
    assert.ok(Math.abs(before.driftMs - 90_000) < 1000 + before.uncertaintyMs);
    assert.ok(Math.abs(after.driftMs) < 500 + after.uncertaintyMs);
    assert.deepEqual([by, isRtcSet], ['agent', true]);
    aheadMs = 90_000;
    fake.handlers.set('guest-set-time', (_, answer) => answer.give({}));
    await assert.rejects(syncTime(agent), (error) => isFault(error, 'GUEST_TIME_NOT_SET'));
    fake.handlers.set('guest-set-time', (_, answer) => answer.refuse('hwclock is missing'));
    fake.disabled.add('guest-exec');
    await assert.rejects(syncTime(agent), (error) => isFault(error, 'AGENT_REFUSED'));
    aheadMs = 10;
    assert.equal((await syncTime(agent)).by, 'nobody');
  });
});

test('what was trimmed is told for each filesystem, and a lie is refused', async () => {
  await withFake(async (agent, fake) => {
    const paths = [
      { path: '/', trimmed: 4096, minimum: 0 },
      { path: '/boot', error: 'trim not supported' },
    ];
    fake.handlers.set('guest-fstrim', (_, answer) => answer.give({ paths }));
    assert.deepEqual(await trimFilesystems(agent, { minimumBytes: 1024 }), [
      { mountpoint: '/', trimmedBytes: 4096 },
      { mountpoint: '/boot', error: 'trim not supported' },
    ]);
    assert.deepEqual(fake.requests.at(-1)?.arguments, { minimum: 1024 });
    fake.handlers.set('guest-fstrim', (_, answer) => answer.give({ paths: [{ path: '/', trimmed: -1 }] }));
    await assert.rejects(trimFilesystems(agent), (error) => isFault(error, 'AGENT_REPLY_INVALID'));
  });
});

test('silence is how sleep begins, a refusal is one, and an old number is no step', {
  timeout: 120_000,
}, async () => {
  await withFake(async (agent, fake) => {
    fake.handlers.set('guest-suspend-ram', (_, answer) => answer.hangUp());
    await suspendGuest(agent, 'ram');
    fake.handlers.set('guest-suspend-disk', (_, answer) => answer.refuse('no swap'));
    await assert.rejects(suspendGuest(agent, 'disk'), (error) => isFault(error, 'AGENT_REFUSED'));
    fake.handlers.set('guest-sync', ({ arguments: args }, answer) => answer.give(args['id']));
    await syncAgent(agent);
    fake.handlers.set('guest-sync', (_, answer) => answer.give(1));
    await assert.rejects(syncAgent(agent), (error) => isFault(error, 'AGENT_REPLY_INVALID'));
  });
});
