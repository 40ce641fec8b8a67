// --share as people write it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { readShare, readShareOptions } from '../../../src/cli/launch-options/shares.ts';

test('a share is a path and a tag, and may be to read only', () => {
  assert.deepEqual(readShare('/srv/data:data'), { path: '/srv/data', tag: 'data', readOnly: false });
  assert.deepEqual(readShare('/srv/a:b:c:ro', '9p'), {
    ...{ path: '/srv/a:b', tag: 'c', readOnly: true, driver: '9p' },
  });
  assert.equal(readShare('.:here').path, process.cwd());
  assert.deepEqual(readShareOptions({}), {});
});

test('what is no share is refused', () => {
  for (const ask of [
    () => readShare('/srv/data'),
    () => readShare(':data'),
    () => readShare('/srv:'),
    () => readShareOptions({ shareDriver: '9p' }),
  ])
    assert.throws(ask, (error) => isFault(error, 'OPTION_INVALID'));
});
