import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { askCloudInit } from '../../../../src/guest/cloud-init/ask-status.ts';
import type { ExecOptions } from '../../../../src/guest/exec-request.ts';
import type { ExecResult } from '../../../../src/guest/exec-result.ts';

/** A guest whose programs answer by the words that they are called with. */
class Guest {
  readonly calls: string[] = [];
  readonly limits: (ExecOptions['timeoutMs'] | undefined)[] = [];
  readonly #answers: Readonly<Record<string, readonly [exitCode: number, stdout: string]>>;

  constructor(answers: Readonly<Record<string, readonly [exitCode: number, stdout: string]>>) {
    this.#answers = answers;
  }

  exec = async (argv: readonly string[], options: ExecOptions): Promise<ExecResult> => {
    const words = argv.join(' ');
    this.calls.push(words);
    this.limits.push(options.timeoutMs);
    const [exitCode, stdout] = this.#answers[words] ?? [2, ''];
    const stderr = Buffer.from(exitCode === 2 ? 'cloud-init: error: unrecognized arguments\n' : '');
    return {
      exitCode,
      signal: null,
      stdout: Buffer.from(stdout),
      stderr,
      stdoutTruncated: false,
      stderrTruncated: false,
    };
  };
}

const FILE = 'cat /run/cloud-init/status.json';
const STAGES = '{"v1":{"init-local":{"start":1,"finished":2,"errors":[]}}}';

test('the newest form is asked for first, and its stages are enough', async () => {
  const guest = new Guest({
    'cloud-init status --wait --format json': [
      2,
      '{"status":"done","extended_status":"degraded done","init":{"start":1}}',
    ],
  });
  const status = await askCloudInit(guest.exec, { wait: true, timeoutMs: 1000 });
  assert.equal(status.state, 'degraded');
  assert.deepEqual(guest.calls, ['cloud-init status --wait --format json']);
});

test('where the answer has no stages they are read from the file that every version writes', async () => {
  const guest = new Guest({
    'cloud-init status --format json': [0, '{"status":"running"}'],
    [FILE]: [0, STAGES],
  });
  const status = await askCloudInit(guest.exec, { wait: false, timeoutMs: 1000 });
  assert.equal(status.state, 'running');
  assert.deepEqual(status.stages[0], {
    name: 'init-local',
    startedAt: 1,
    finishedAt: 2,
    errors: [],
    recoverableErrors: [],
  });
});

test('a version that knows no JSON is asked for its text, with the same waiting', async () => {
  const guest = new Guest({
    'cloud-init status --wait --long': [0, '..\nstatus: done\ndetail:\nDataSourceEc2\n'],
    [FILE]: [1, ''],
  });
  const status = await askCloudInit(guest.exec, { wait: true, timeoutMs: 1000 });
  assert.deepEqual([status.state, status.datasource, status.stages], ['done', 'ec2', []]);
});

test('every question has what is left of the time, and no answer may be endless', async () => {
  const guest = new Guest({
    'cloud-init status --format json': [0, '{"status":"done"}'],
    [FILE]: [0, STAGES],
  });
  await askCloudInit(guest.exec, { wait: false, timeoutMs: 1000 });
  assert.equal(guest.limits.length, 2);
  assert.ok(guest.limits.every((ms) => ms !== undefined && ms > 0 && ms <= 1000));
});

test('a program that ends otherwise and tells nothing is a fault with its end, and what it complained of', async () => {
  const guest = new Guest({ 'cloud-init status --format json': [1, 'Traceback'] });
  await assert.rejects(askCloudInit(guest.exec, { wait: false, timeoutMs: 1000 }), (error) => {
    assert.ok(isFault(error, 'CLOUD_INIT_ANSWER_INVALID'));
    assert.match(error.message, /exit status 1/);
    return true;
  });
});
