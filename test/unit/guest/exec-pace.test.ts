import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecPace } from '../../../src/guest/exec-pace.ts';

test('of an unknown guest only the start tells how quick it is', () => {
  const pace = new ExecPace();
  assert.equal(pace.firstDelayMs(10), 3);
  assert.equal(pace.firstDelayMs(40), 12);
  assert.equal(pace.firstDelayMs(10_000), 25);
});

test('the first question comes a little before the quickest of the latest commands had ended', () => {
  const pace = new ExecPace();
  for (const took of [60, 40, 900]) pace.ended(took);
  assert.equal(pace.firstDelayMs(20), 34);
});

test('a quicker command is found out in a few calls, however slow the ones before', () => {
  const pace = new ExecPace();
  pace.ended(80);
  const asked: number[] = [];
  for (let call = 0; call < 30; call += 1) {
    const delay = pace.firstDelayMs(25);
    asked.push(delay);
    pace.ended(delay); // it had ended by then
  }
  assert.equal(asked[0], 68);
  assert.ok(
    asked.every((delay, call) => call === 0 || delay <= (asked[call - 1] ?? 0)),
    asked.join(' '),
  );
  assert.equal(asked.at(-1), 3);
});

test('long commands make nobody wait long: eight of them, and the first question still comes in four starts', () => {
  const pace = new ExecPace();
  for (let call = 0; call < 8; call += 1) pace.ended(60_000);
  assert.equal(pace.firstDelayMs(10), 40);
  assert.equal(pace.firstDelayMs(5000), 100);
});
