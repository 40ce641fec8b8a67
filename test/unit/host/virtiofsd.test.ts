// How packages say where their virtiofsd is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesystemProgram } from '../../../src/host/virtiofsd.ts';

test('the file server is found among the descriptions, and what is none is passed over', () => {
  assert.equal(
    filesystemProgram('{"type":"fs","binary":"/usr/lib/qemu/virtiofsd"}'),
    '/usr/lib/qemu/virtiofsd',
  );
  for (const text of [
    '{"type":"gpu","binary":"/x"}',
    '{"type":"fs"}',
    '{"type":"fs","binary":7}',
    '[]',
    'null',
    '{',
  ])
    assert.equal(filesystemProgram(text), undefined, text);
});
