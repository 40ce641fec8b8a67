import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineProgress } from '../../../src/cli/progress-lines.ts';

test('each step gets a line with the seconds since the start, and reports at most every five seconds', () => {
  let now = 1000;
  const lines: string[] = [];
  const progress = new LineProgress(
    (line) => lines.push(line),
    () => now,
  );
  progress.show({ step: 'image', phase: 'begin', what: 'fetching the image' });
  for (const percent of [1, 2, 3, 4, 5, 6, 7]) {
    now += 1000;
    progress.show({
      step: 'image',
      phase: 'progress',
      what: 'fetching the image',
      done: percent,
      unit: 'percent',
    });
  }
  progress.show({ step: 'image', phase: 'end', what: 'fetching the image' });
  now += 500;
  progress.show({ step: 'disk', phase: 'begin', what: 'creating\n the root disk' });
  assert.deepEqual(lines, [
    '[   0.0 s] fetching the image\n',
    '[   5.0 s] fetching the image: 5 %\n',
    '[   7.5 s] creating  the root disk\n',
  ]);
});

test('a step that only reports is shown from its first report on, and each new word of it once', () => {
  let now = 0;
  const lines: string[] = [];
  const progress = new LineProgress(
    (line) => lines.push(line.slice('[   0.0 s] '.length)),
    () => now,
  );
  for (const [at, what] of [
    [0, 'the agent is not there'],
    [2000, 'the agent is not there'],
    [3000, 'the agent connects'],
    [3100, 'the agent answers'],
    [9000, 'the agent answers'],
  ] as const) {
    now = at;
    progress.show({ step: 'wait', phase: 'progress', what });
  }
  assert.deepEqual(lines, ['the agent is not there\n', 'the agent connects\n', 'the agent answers\n']);
});

test('a wait says how long it may take at most', () => {
  let now = 0;
  const lines: string[] = [];
  const progress = new LineProgress(
    (line) => lines.push(line.slice('[   0.0 s] '.length)),
    () => now,
  );
  const about = { step: 'shutdown', total: 60, unit: 'seconds' } as const;
  progress.show({ step: 'shutdown', phase: 'begin', what: 'waiting for the guest to power off' });
  now = 2000;
  progress.show({ ...about, phase: 'progress', what: 'asking its agent', done: 2 });
  now = 12_000;
  progress.show({ ...about, phase: 'progress', what: 'pressing the power button', done: 12.3 });
  assert.deepEqual(lines, [
    'waiting for the guest to power off\n',
    'asking its agent: at most 58 s more\n',
    'pressing the power button: at most 48 s more\n',
  ]);
});
