// The events of a step, in their order, with what it tells while it lasts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { ProgressEvent } from '../../../src/compute/compute.ts';
import { counted, told } from '../../../src/compute/emit-step.ts';

const STEP = { step: 'plug', what: 'pulling the plug', timeoutMs: 60_000 };

function watching(): { events: ProgressEvent[]; options: { onProgress: (event: ProgressEvent) => void } } {
  const events: ProgressEvent[] = [];
  return { events, options: { onProgress: (event) => void events.push(event) } };
}

test('a step begins, tells its amounts and ends; one that fails does not end', async () => {
  const { events, options } = watching();
  const result = await told(options, 'copy', 'copying', ({ bytes, fraction }) => {
    bytes(1);
    bytes(1, 4);
    fraction(0.256);
    return 'done';
  });
  assert.equal(result, 'done');
  const about = { step: 'copy', what: 'copying' };
  assert.deepEqual(events, [
    { ...about, phase: 'begin' },
    { ...about, phase: 'progress', done: 1, unit: 'bytes' },
    { ...about, phase: 'progress', done: 1, total: 4, unit: 'bytes' },
    { ...about, phase: 'progress', done: 26, total: 100, unit: 'percent' },
    { ...about, phase: 'end' },
  ]);
  const failing = watching();
  await assert.rejects(told(failing.options, 'copy', 'copying', () => Promise.reject(new Error('no'))));
  assert.deepEqual(
    failing.events.map(({ phase }) => phase),
    ['begin'],
  );
});

test('a wait tells each second how long it may still take, in the words that fit now', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { events, options } = watching();
  const told = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const done = counted(options, STEP, async (say) => {
    say('pressing the power button');
    told.resolve();
    await over.promise;
    return 'off';
  });
  await told.promise;
  for (let tick = 0; tick < 2; tick += 1) {
    context.mock.timers.tick(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  over.resolve();
  assert.equal(await done, 'off');
  assert.deepEqual(
    events.map(({ phase, what }) => `${phase} ${what}`),
    [
      'begin pulling the plug',
      'progress pressing the power button',
      'progress pressing the power button',
      'progress pressing the power button',
      'end pressing the power button',
    ],
  );
  for (const { phase, done: seconds, total, unit } of events) {
    if (phase !== 'progress') continue;
    assert.deepEqual({ total, unit }, { total: 60, unit: 'seconds' });
    assert.ok(seconds !== undefined && seconds >= 0 && seconds <= 60, `${seconds}`);
  }
});

test('a wait that fails says so, and tells nothing afterwards', async () => {
  const { events, options } = watching();
  await assert.rejects(
    counted(options, STEP, () => Promise.reject(new Error('no'))),
    /^Error: no$/,
  );
  assert.deepEqual(
    events.map(({ phase }) => phase),
    ['begin'],
  );
});

test('what a watcher throws ends a wait, and is no rejection that nobody hears', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const over = Promise.withResolvers<void>();
  const onProgress = ({ phase }: ProgressEvent) => {
    if (phase === 'progress') throw new Error('the watcher is gone');
  };
  const done = counted({ onProgress }, STEP, () => over.promise);
  await new Promise((resolve) => setImmediate(resolve));
  context.mock.timers.tick(1000);
  await new Promise((resolve) => setImmediate(resolve));
  over.resolve();
  await assert.rejects(done, (error) => !isFault(error) && /the watcher is gone/.test(String(error)));
});
