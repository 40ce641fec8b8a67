import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTags } from '../../../src/model/index.ts';

test('tags are sorted and stand once', () => {
  assert.deepEqual(checkTags(['web', 'ci', 'web']), ['ci', 'web']);
});

test('what Nova takes for no tag is refused', () => {
  for (const tag of ['', 'a/b', 'a,b', 'a\nb', 'x'.repeat(61)])
    assert.throws(() => checkTags([tag]), { code: 'TAG_INVALID' });
  assert.throws(() => checkTags(Array.from({ length: 51 }, (_, at) => `t${at}`)), { code: 'TAG_INVALID' });
});
