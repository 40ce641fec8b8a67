import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isInstanceName } from '../../../src/compute/names.ts';
import { guestNameOf, resultsPlace } from '../../../src/testing/results-place.ts';

const place = (file: string, name: string) => resultsPlace('/r', '/src/project', { file, name });

test('evidence is below the file, seen from where the tests run, and the test', () => {
  assert.equal(place('/src/project/test/web.test.ts', 'serves a page'), '/r/test/web.test.ts/serves-a-page');
  assert.equal(place('/elsewhere/web.test.ts', 'suite > serves'), '/r/web.test.ts/suite-serves');
});

test('whatever a file and a test are called, evidence stays below the results', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (file, name) => {
      const words = place(`/src/project/${file}`, name).split('/');
      assert.deepEqual(words.slice(0, 2), ['', 'r']);
      assert.ok(words.length >= 4);
      for (const word of words.slice(2)) assert.match(word, /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,79}$/u);
    }),
  );
  assert.equal(place('/src/project/..', '../../etc'), '/r/test/etc');
});

test('a guest is called after its test file, as far as a name can be', () => {
  const names = ['/a/web-server.test.ts', 'web.spec.mjs', 'my tests.ts', 'test.js', '', '/a/ü.test.ts'];
  assert.deepEqual(names.map(guestNameOf), ['web-server', 'web', 'my-tests', 'test', 'test', 'test']);
  fc.assert(
    fc.property(fc.string(), (file) => {
      assert.ok(isInstanceName(`${guestNameOf(file)}-0123abcd-1000`));
    }),
  );
});
