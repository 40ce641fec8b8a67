import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  baseName,
  checkedPath,
  decodeName,
  encodeName,
  meansContent,
  meansDirectory,
  temporaryName,
} from '../../../../src/guest/transfer/guest-path.ts';

test('every name of bytes survives the way into a string and back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.deepEqual(encodeName(decodeName(Buffer.from(bytes))), Buffer.from(bytes));
    }),
  );
});

test('a name that is UTF-8 is that text, also with a replacement character in it', () => {
  for (const name of ['a', 'Größe', '日本', '\ufffd', '😀 x'])
    assert.equal(decodeName(Buffer.from(name)), name);
});

test('a temporary name fits 255 bytes and keeps its mark', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }), (name) => {
      const temporary = temporaryName(name, 'part-0123456789abcdef');
      assert.ok(encodeName(temporary).length <= 255);
      assert.ok(temporary.startsWith('.') && temporary.endsWith('.novalet-part-0123456789abcdef'));
    }),
  );
});

test('paths are read as cp reads them', () => {
  assert.deepEqual(['a/', '/', 'a/.', '..', 'a/..', ''].map(meansDirectory), [
    true,
    true,
    true,
    true,
    true,
    true,
  ]);
  assert.deepEqual(['a', '/a', 'a.', 'x/a..'].map(meansDirectory), [false, false, false, false]);
  assert.deepEqual(['a/.', '.', 'a/./', 'a/', 'a.'].map(meansContent), [true, true, true, false, false]);
  assert.deepEqual(['/a/b', '/a/b//', 'a/.', '/', '..'].map(baseName), ['b', 'b', '', '', '']);
  assert.equal(checkedPath('//'), '/');
});
