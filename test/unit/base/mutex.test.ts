import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate, isFault, KeyedMutex } from '../../../src/base/index.ts';

test('a gate lets at most its limit in, in the order of coming', async () => {
  const gate = new Gate(2);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const work = (n: number) => async () => {
    order.push(n);
    inside += 1;
    most = Math.max(most, inside);
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map((n) => gate.run(work(n))));
  assert.equal(most, 2);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
  assert.equal(gate.idle, true);
});

test('a failure inside leaves the gate open for the next', async () => {
  const gate = new Gate(1);
  await assert.rejects(gate.run(() => Promise.reject(new Error('no'))));
  assert.equal(await gate.run(async () => 'yes'), 'yes');
});

test('one who is cancelled while waiting never enters, and the rest keep their places', async () => {
  const gate = new Gate(1);
  const first = Promise.withResolvers<void>();
  const stop = new AbortController();
  const running = gate.run(() => first.promise);
  const cancelled = gate.run(async () => assert.fail('entered'), stop.signal);
  const third = gate.run(async () => 'third');
  stop.abort();
  await assert.rejects(cancelled, (error) => isFault(error, 'CANCELLED'));
  first.resolve();
  await running;
  assert.equal(await third, 'third');
});

test('keys do not wait for one another, one key does', async () => {
  const mutex = new KeyedMutex();
  const order: string[] = [];
  const a = Promise.withResolvers<void>();
  const first = mutex.run('a', () => a.promise.then(() => void order.push('a1')));
  const second = mutex.run('a', async () => void order.push('a2'));
  await mutex.run('b', async () => void order.push('b'));
  a.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(order, ['b', 'a1', 'a2']);
});
