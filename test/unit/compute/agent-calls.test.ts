import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { isFault } from '../../../src/base/index.ts';
import { type Admission, AgentCalls } from '../../../src/compute/agent-calls.ts';

const never = new AbortController().signal;

/** Calls on a clock that the test moves; `come` notes who was let in. */
class Scene {
  now = 0;
  readonly inside = new Map<string, Admission>();
  readonly calls = new AgentCalls(() => this.now);

  async come(...guests: string[]): Promise<void> {
    for (const guest of guests)
      void this.calls.admit(guest, never).then((admission) => this.inside.set(guest, admission));
    await turn();
  }

  async goAfter(ms: number, ...guests: string[]): Promise<void> {
    this.now += ms;
    for (const guest of guests) {
      this.inside.get(guest)?.leave();
      this.inside.delete(guest);
    }
    await turn();
  }

  connections(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { over } of this.inside.values()) counts[over] = (counts[over] ?? 0) + 1;
    return counts;
  }
}

const named = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

test('no connection has more than four calls, and all together no more than twelve', async () => {
  const scene = new Scene();
  await scene.come(...named('hung', 4));
  await scene.goAfter(5000, ...named('hung', 4));
  await scene.come(...named('hung', 4), ...named('a', 20), 'hung0');
  assert.deepEqual(scene.connections(), { 'slow agents': 4, agents: 4, 'more agents': 4 });
  await scene.goAfter(10, 'a0', 'a5');
  assert.deepEqual(scene.connections(), { 'slow agents': 4, agents: 4, 'more agents': 4 });
});

test('a hundred guests that hang hold up none that answer, once each has been found out', async () => {
  const scene = new Scene();
  const hung = named('hung', 100);
  for (let at = 0; at < 100; at += 8) {
    await scene.come(...hung.slice(at, at + 8));
    await scene.goAfter(5000, ...hung.slice(at, at + 8));
  }
  await scene.come(...hung);
  assert.deepEqual(scene.connections(), { 'slow agents': 4 });
  for (const guest of named('well', 100)) {
    await scene.come(guest);
    assert.ok(scene.inside.has(guest), guest);
    await scene.goAfter(5, guest);
  }
});

test('a guest is among the quick ones again after one quick answer, or when it is a new one', async () => {
  const scene = new Scene();
  const over = async (guest: string, ms: number) => {
    await scene.come(guest);
    const connection = scene.inside.get(guest)?.over;
    await scene.goAfter(ms, guest);
    return connection;
  };
  assert.equal(await over('a', 5000), 'agents');
  assert.equal(await over('a', 5000), 'slow agents');
  assert.equal(await over('a', 20), 'slow agents');
  assert.equal(await over('a', 5000), 'agents');
  scene.calls.forget('a');
  assert.equal(await over('a', 20), 'agents');
});

test('who gives up waiting leaves the line and takes no place', async () => {
  const scene = new Scene();
  await scene.come(...named('a', 8));
  const impatient = new AbortController();
  const waiting = scene.calls.admit('late', impatient.signal);
  const refused = assert.rejects(waiting, (error) => isFault(error, 'CANCELLED'));
  await scene.come('next');
  impatient.abort();
  await refused;
  await scene.goAfter(5, 'a0');
  assert.deepEqual([...scene.inside.keys()], [...named('a', 8).slice(1), 'next']);
});
