import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execRecord } from '../../../src/cli/records.ts';

const RESULT = {
  exitCode: 0,
  signal: null,
  stdout: Buffer.from('grüße\n'),
  stderr: Buffer.alloc(0),
  stdoutTruncated: false,
  stderrTruncated: false,
  via: 'lane' as const,
};

test('output that is text is given as text, with its byte order mark', () => {
  const record = execRecord({ ...RESULT, stderr: Buffer.from('\ufeffx') });
  assert.equal(record.stdout, 'grüße\n');
  assert.equal(record.stdout_encoding, 'utf-8');
  assert.equal(record.stderr, '\ufeffx');
});

test('output that is not UTF-8 comes back whole from base64', () => {
  const bytes = Buffer.from([0xff, 0x00, 0x80, 0x0a]);
  const record = execRecord({ ...RESULT, stdout: bytes });
  assert.equal(record.stdout_encoding, 'base64');
  assert.deepEqual(Buffer.from(record.stdout, 'base64'), bytes);
});
