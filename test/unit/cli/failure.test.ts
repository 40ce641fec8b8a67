import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { formatFailure } from '../../../src/cli/failure.ts';

const FAULT = new Fault('not-found', 'IMAGE_NOT_FOUND', 'There is no image "deb\u001b[2Jian"', {
  cause: new Error('beneath', { cause: 'the very ground' }),
  hint: 'novalet image list',
});

test('a person reads the sentence, the code and the cure, and nothing that the terminal obeys', () => {
  assert.equal(
    formatFailure(FAULT, { output: 'table', debug: false, exitCode: 3 }),
    'novalet: There is no image "debian" [IMAGE_NOT_FOUND]\n  hint: novalet image list\n',
  );
});

test('a program reads one JSON object', () => {
  const text = formatFailure(FAULT, { output: 'json', debug: false, exitCode: 3 });
  assert.deepEqual(JSON.parse(text), {
    error: {
      kind: 'not-found',
      code: 'IMAGE_NOT_FOUND',
      message: FAULT.message,
      hint: 'novalet image list',
      outcome: 'not-done',
      details: {},
      exit_code: 3,
    },
  });
});

test('debug adds the whole chain of causes', () => {
  const text = formatFailure(FAULT, { output: 'table', debug: true, exitCode: 3 });
  assert.match(text, /caused by: Error: beneath\n/);
  assert.match(text, /caused by: the very ground\n/);
  assert.match(text, /failure\.test\.ts/);
});

test('a chain of causes that is a ring ends', () => {
  const error = new Error('ring');
  error.cause = error;
  const fault = new Fault('internal', 'INTERNAL', 'x', { cause: error });
  assert.ok(formatFailure(fault, { output: 'table', debug: true, exitCode: 70 }).length < 20_000);
});

test('a request that may have been carried out says so', () => {
  const fault = new Fault('timeout', 'TIMEOUT', 'No reply', { outcome: 'unknown' });
  assert.match(formatFailure(fault, { output: 'table', debug: false, exitCode: 124 }), /carried out/);
});

test('a wait that ran out shows where the guest stood, and its console cannot pass for our words', () => {
  const details = {
    stage: 'the domain of web to be saved',
    timeoutMs: 5000,
    power: 'running',
    agent: 'disconnected',
    lease: '192.0.2.7',
    job: 'save, 5000 ms so far',
    console: '\u001b[31mKernel panic\u001b[0m\r\nnovalet: all is well',
  };
  const fault = new Fault('timeout', 'STAGE_TIMEOUT', 'Timed out', { details });
  assert.equal(
    formatFailure(fault, { output: 'table', debug: false, exitCode: 124 }),
    `novalet: Timed out [STAGE_TIMEOUT]
  stage: the domain of web to be saved
  power: running
  agent: disconnected
  lease: 192.0.2.7
  libvirt's job: save, 5000 ms so far
  console:
    | Kernel panic
    | novalet: all is well
`,
  );
});
