import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import {
  readStages,
  readStatusFile,
  readStatusJson,
  readStatusText,
} from '../../../../src/guest/cloud-init/status.ts';

const NOTHING = { errors: [], recoverable_errors: {} };

/** As 24.4 says it. */
const DEGRADED = {
  boot_status_code: 'enabled-by-generator',
  datasource: 'nocloud',
  detail: 'DataSourceNoCloud [seed=/dev/vdb]',
  errors: [],
  extended_status: 'degraded done',
  init: { ...NOTHING, finished: 1700000012.5, start: 1700000010.25 },
  'init-local': { ...NOTHING, finished: 1700000008, start: 1700000007 },
  last_update: 'Thu, 01 Jan 1970 00:02:12 +0000',
  'modules-config': { ...NOTHING, finished: 1700000014, start: 1700000013 },
  'modules-final': {
    errors: [],
    finished: 1700000020,
    recoverable_errors: { WARNING: ['a package\nis gone'] },
    start: 1700000015,
  },
  recoverable_errors: { WARNING: ['a package\nis gone'] },
  stage: null,
  status: 'done',
};

test('a newer version tells of warnings and of each stage with its times', () => {
  const status = readStatusJson(DEGRADED);
  assert.equal(status.state, 'degraded');
  assert.equal(status.said, 'degraded done');
  assert.equal(status.datasource, 'nocloud');
  assert.deepEqual(
    status.stages.map(({ name }) => name),
    ['init-local', 'init', 'modules-config', 'modules-final'],
  );
  const [, init] = status.stages;
  assert.deepEqual([init?.startedAt, init?.finishedAt], [1700000010.25, 1700000012.5]);
  assert.deepEqual(status.recoverableErrors, [{ level: 'WARNING', messages: ['a package\nis gone'] }]);
});

test('22.4 has no stages, no words for warnings and no other status beside its own', () => {
  const status = readStatusJson({
    _schema_version: '1',
    boot_status_code: 'enabled-by-generator',
    datasource: 'configdrive',
    detail: 'DataSourceConfigDrive [net,ver=2][source=/dev/vdb]',
    errors: [],
    last_update: '',
    schemas: { '1': {} },
    status: 'done',
  });
  assert.deepEqual([status.state, status.stages, status.lastUpdate], ['done', [], null]);
});

const WORDS = [
  [{ status: 'degraded done' }, 'degraded'],
  [{ status: 'done', recoverable_errors: { DEPRECATED: ['chpasswd.list'] } }, 'degraded'],
  [{ status: 'running', extended_status: 'degraded running' }, 'running'],
  [{ status: 'error', extended_status: 'error - running' }, 'error'],
  [{ status: 'error - done' }, 'error'],
  [{ status: 'not run' }, 'not-started'],
  [{ status: 'not started' }, 'not-started'],
  [{ status: 'disabled' }, 'disabled'],
] as const;

for (const [told, state] of WORDS) {
  test(`${JSON.stringify(told)} is ${state}`, () => {
    assert.equal(readStatusJson(told).state, state);
  });
}

test('the text of versions without JSON is read after the dots of its waiting', () => {
  const status = readStatusText(
    '....\nstatus: done\ntime: Thu, 09 Jul 2020 10:00:00 +0000\ndetail:\nDataSourceNoCloud [seed=/dev/sr0][dsmode=net]\n',
  );
  assert.equal(status.state, 'done');
  assert.equal(status.datasource, 'nocloud');
  assert.equal(status.detail, 'DataSourceNoCloud [seed=/dev/sr0][dsmode=net]');
  assert.equal(status.lastUpdate, 'Thu, 09 Jul 2020 10:00:00 +0000');
});

test('in that text the detail of a failure is its errors', () => {
  const status = readStatusText(
    "\nstatus: error\ntime: Thu\ndetail:\n('scripts-user', RuntimeError('1 of 1'))\nanother\n",
  );
  assert.equal(status.state, 'error');
  assert.deepEqual(status.errors, ["('scripts-user', RuntimeError('1 of 1'))", 'another']);
});

test('a stage that runs has a beginning only, and one that is to come has neither', () => {
  const stages = readStatusFile({
    v1: {
      datasource: null,
      init: { errors: [], finished: null, start: 5 },
      'init-local': { errors: [], finished: 4, start: 3 },
      'modules-config': { errors: [], finished: null, start: null },
      'modules-init': { errors: [], finished: null, start: null },
      'modules-final': { errors: [], finished: null, start: null },
      stage: 'init',
    },
  });
  assert.deepEqual(
    stages.map(({ name, startedAt, finishedAt }) => [name, startedAt, finishedAt]),
    [
      ['init-local', 3, 4],
      ['init', 5, null],
      ['modules-config', null, null],
      ['modules-final', null, null],
    ],
  );
});

test('an empty file of stages is no stages', () => {
  assert.deepEqual(readStages({}), []);
  assert.deepEqual(readStatusFile({ v1: null }), []);
});

const NONSENSE = [
  ['no object', () => readStatusJson([])],
  ['a word of nobody', () => readStatusJson({ status: 'splendid' })],
  ['a number for a status', () => readStatusJson({ status: 3 })],
  ['errors that are no list', () => readStatusJson({ status: 'done', errors: 'many' })],
  ['a time that is a text', () => readStages({ init: { start: 'noon' } })],
  ['text without a status', () => readStatusText('usage: cloud-init [-h]')],
] as const;

for (const [what, read] of NONSENSE) {
  test(`${what} is refused`, () => {
    assert.throws(read, (error) => isFault(error, 'CLOUD_INIT_ANSWER_INVALID'));
  });
}

test('a guest that tells ten thousand long errors is believed a hundred, cut short', () => {
  const { errors } = readStatusJson({ status: 'error', errors: Array(10_000).fill('x'.repeat(50_000)) });
  assert.equal(errors.length, 100);
  assert.ok(errors.every((message) => message.length === 2000));
});

test('a guest cannot make a level of warnings into a property of ours', () => {
  const told: unknown = JSON.parse('{"status":"done","recoverable_errors":{"__proto__":["a"]}}');
  assert.deepEqual(readStatusJson(told).recoverableErrors, [{ level: '__proto__', messages: ['a'] }]);
});
