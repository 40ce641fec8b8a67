import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault, isFault } from '../../../src/base/index.ts';
import { type ChannelState, type WaitStage, waitForAgent } from '../../../src/guest/index.ts';

const peer = 'the agent of t';

/** A guest whose port and agent a test moves by hand. */
class World {
  state: ChannelState = 'disconnected';
  answers = true;
  syncs = 0;
  stopped = 0;
  listener: ((state: ChannelState) => void) | undefined;
  beforeRead: () => void = () => {};

  move(state: ChannelState): void {
    this.state = state;
    this.listener?.(state);
  }

  readonly sources = {
    subscribe: async (listener: (state: ChannelState) => void) => {
      this.listener = listener;
      return () => {
        this.stopped += 1;
        this.listener = undefined;
      };
    },
    readChannelState: async () => {
      const { state } = this;
      this.beforeRead();
      return state;
    },
    sync: async () => {
      this.syncs += 1;
      if (this.state === 'connected' && this.answers) return;
      throw new Fault('timeout', 'AGENT_UNRESPONSIVE', 'no answer');
    },
  };
}

test('an agent that is there is asked once, and the subscription ends', async () => {
  const world = new World();
  world.state = 'connected';
  await waitForAgent(world.sources, { peer, timeoutMs: 60_000 });
  assert.equal(world.syncs, 1);
  assert.equal(world.stopped, 1);
});

test('an agent that is not there is not asked before its event', async () => {
  const world = new World();
  const stages: WaitStage[] = [];
  const onStage = (stage: WaitStage) => {
    stages.push(stage);
    if (stage === 'waiting for the agent to connect') queueMicrotask(() => world.move('connected'));
  };
  await waitForAgent(world.sources, { peer, timeoutMs: 60_000, onStage });
  assert.equal(world.syncs, 1);
  assert.deepEqual(stages, [
    'subscribing',
    'reading the channel',
    'waiting for the agent to connect',
    'synchronising',
  ]);
});

test('an event that comes while the state is read is newer than what was read', async () => {
  const world = new World();
  world.beforeRead = () => world.move('connected');
  await waitForAgent(world.sources, { peer, timeoutMs: 60_000 });
  assert.equal(world.syncs, 1);
});

test('no channel is said at once', async () => {
  const world = new World();
  world.state = 'absent';
  await assert.rejects(waitForAgent(world.sources, { peer, timeoutMs: 60_000 }), (error) =>
    isFault(error, 'AGENT_ABSENT'),
  );
  assert.equal(world.stopped, 1);
});

test('time that runs out names the stage', async () => {
  const world = new World();
  const stageOf = async () => {
    try {
      await waitForAgent(world.sources, { peer, timeoutMs: 30 });
    } catch (error) {
      assert.ok(isFault(error, 'AGENT_NOT_READY'));
      assert.equal(error.kind, 'timeout');
      return error.details['stage'];
    }
    return 'none';
  };
  assert.equal(await stageOf(), 'waiting for the agent to connect');
  world.state = 'connected';
  world.answers = false;
  assert.equal(await stageOf(), 'synchronising');
});

test('a fault that waiting cannot cure goes through', async () => {
  const world = new World();
  const sources = {
    ...world.sources,
    readChannelState: async () => Promise.reject(new Fault('denied', 'NO', 'no')),
  };
  await assert.rejects(waitForAgent(sources, { peer, timeoutMs: 60_000 }), (error) => isFault(error, 'NO'));
  assert.equal(world.stopped, 1);
});

test('whatever order port and agent come and go in, it ends as soon as both are there', async () => {
  const moves = fc.array(fc.constantFrom<ChannelState>('connected', 'disconnected', 'unknown'), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(moves, fc.nat(5), async (states, turns) => {
      const world = new World();
      const waiting = waitForAgent(world.sources, { peer, timeoutMs: 60_000 });
      for (const state of [...states, 'connected' as const]) {
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        world.move(state);
      }
      await waiting;
      assert.ok(world.syncs >= 1);
    }),
    { numRuns: 300 },
  );
});
