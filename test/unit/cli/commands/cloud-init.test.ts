import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudInitDocument } from '../../../../src/cli/commands/cloud-init/document.ts';
import { EXIT_CLOUD_INIT, EXIT_CODES } from '../../../../src/cli/exit-codes.ts';
import type { CloudInitStatus } from '../../../../src/compute/index.ts';
import { novalet } from '../novalet-process.ts';

const STATUS: CloudInitStatus = {
  state: 'degraded',
  said: 'degraded done',
  datasource: 'nocloud',
  detail: 'DataSourceNoCloud [seed=/dev/vdb]',
  bootStatus: 'enabled-by-generator',
  lastUpdate: null,
  stages: [
    { name: 'init-local', startedAt: 1, finishedAt: 2.25, errors: [], recoverableErrors: [] },
    { name: 'init', startedAt: 3, finishedAt: null, errors: ['a'], recoverableErrors: [] },
    { name: 'modules-final', startedAt: null, finishedAt: null, errors: [], recoverableErrors: [] },
  ],
  errors: ['a'],
  recoverableErrors: [{ level: 'WARNING', messages: ['first\nsecond'] }],
};

test('a table says how far cloud-init is, stage by stage, and what it complained of', () => {
  assert.equal(
    cloudInitDocument('web', STATUS).text(),
    [
      'status      degraded (degraded done)',
      'datasource  nocloud',
      'detail      DataSourceNoCloud [seed=/dev/vdb]',
      'boot        enabled-by-generator',
      'updated     -',
      'stages      init-local: 1.3 s',
      '            init: running, 1 error',
      '            modules-final: not started',
      'errors      a',
      'warnings    WARNING: first second',
      '',
    ].join('\n'),
  );
});

test('programs get stable names, with times as the guest told them', () => {
  const { data } = cloudInitDocument('web', STATUS);
  assert.partialDeepStrictEqual(data, {
    instance: 'web',
    status: 'degraded',
    said: 'degraded done',
    boot_status: 'enabled-by-generator',
    last_update: null,
    stages: [{ name: 'init-local', started_at: 1, finished_at: 2.25, recoverable_errors: [] }],
    recoverable_errors: [{ level: 'WARNING', messages: ['first\nsecond'] }],
  });
});

test('nothing that the guest says can act on the terminal', () => {
  const evil = '\u001b[2J\u001b]0;title\u0007x\u202e';
  const status = {
    ...STATUS,
    said: evil,
    datasource: evil,
    detail: `${evil}\r\n${evil}`,
    errors: [evil],
    recoverableErrors: [{ level: evil, messages: [evil] }],
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
  assert.doesNotMatch(cloudInitDocument('web', status).text(), /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
});

test('each end of cloud-init has an exit status that no fault has, but a problem that was found', () => {
  const own = Object.values(EXIT_CLOUD_INIT).filter((status) => status > 1);
  assert.deepEqual(
    own.filter((status) => Object.values(EXIT_CODES).includes(status)),
    [],
  );
  assert.deepEqual([EXIT_CLOUD_INIT.done, EXIT_CLOUD_INIT.error], [0, 1]);
});

const MISPLACED = [
  [['status', '--follow'], '--follow means nothing to status'],
  [['status', '--clear-logs'], '--clear-logs means nothing to status'],
  [['logs', '--no-wait'], '--no-wait means nothing to logs'],
  [['logs', '--timeout', '3'], '--timeout means nothing to logs'],
  [['rerun', '--bytes', '1K'], '--bytes means nothing to rerun'],
  [['logs', '--follow'], '--follow shows one log'],
  [['logs', '--follow', '--only', 'log', '-o', 'yaml'], 'A log that is followed is no document'],
] as const;

for (const [words, says] of MISPLACED) {
  test(`${words.join(' ')} is refused before anything is asked of a guest`, async () => {
    const { status, stderr } = await novalet(['cloud-init', 'web', ...words]);
    assert.equal(status, 2);
    assert.ok(stderr.includes(says), stderr);
    assert.match(stderr, /OPTION_INVALID/);
  });
}
