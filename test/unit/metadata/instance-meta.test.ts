import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { checkMeta } from '../../../src/metadata/index.ts';

test('keys come back in order, whatever order they were given in', () => {
  assert.deepEqual(Object.keys(checkMeta({ b: '1', a: '2', 'C d': '3' })), ['C d', 'a', 'b']);
});

test('a value may have 255 characters, counted as people count them', () => {
  assert.doesNotThrow(() => checkMeta({ k: '😀'.repeat(255) }));
  assert.throws(
    () => checkMeta({ k: 'x'.repeat(256) }),
    (error) => isFault(error, 'META_VALUE_TOO_LONG'),
  );
});

test('a key that Nova would refuse is refused', () => {
  for (const key of ['', 'a/b', 'ä', 'x'.repeat(256), 'a\nb']) {
    assert.throws(
      () => checkMeta({ [key]: 'v' }),
      (error) => isFault(error, 'META_KEY_INVALID'),
    );
  }
});

test('a key that means something to JavaScript is only a key', () => {
  const meta = checkMeta(JSON.parse('{"__proto__":"x","constructor":"y"}'));
  assert.equal(JSON.stringify(meta), '{"__proto__":"x","constructor":"y"}');
});
