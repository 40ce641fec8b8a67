import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobWords, lastLines } from '../../../../src/compute/life/diagnosis.ts';

test('no job is told as none', () => {
  assert.equal(jobWords({ type: 'none', operation: 'unknown', params: {} }), 'none');
});

test('a job is told by its operation, with how long and how far', () => {
  const params = { time_elapsed: 1200n, memory_total: 4096n, memory_processed: 1024n };
  assert.equal(
    jobWords({ type: 'unbounded', operation: 'save', params }),
    'save, 1200 ms so far, 25 % of the memory',
  );
});

test('a job of an operation that is not known is told by its type, and figures that are none are left out', () => {
  const params = { time_elapsed: 'soon', memory_total: 0n, memory_processed: 0n };
  assert.equal(jobWords({ type: 'bounded', operation: 'unknown', params }), 'bounded');
});

test('of a console the last lines that say something are kept, and long ones cut', () => {
  const text = `${Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\r\r\n')}\n\n  \n${'x'.repeat(900)}`;
  const lines = lastLines(text).split('\n');
  assert.equal(lines.length, 12);
  assert.equal(lines[0], 'line 29');
  assert.equal(lines.at(-1), 'x'.repeat(200));
});

test('a console that says nothing is empty', () => {
  assert.equal(lastLines('\n \r\n'), 'empty');
});
