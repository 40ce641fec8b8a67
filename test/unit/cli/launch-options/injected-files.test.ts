import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { injectedStdinReaders } from '../../../../src/cli/launch-options/injected-files.ts';

test('the first = ends the path in the guest, and - reads stdin', () => {
  const readers = (...injectFile: readonly string[]) => injectedStdinReaders({ injectFile });
  assert.deepEqual(readers('/etc/motd=motd.txt', '/srv/x=a=b'), []);
  assert.deepEqual(readers('/etc/motd=-', '/a=b', '/c=-'), ['--inject-file', '--inject-file']);
  assert.deepEqual(injectedStdinReaders({}), []);
});

test('a path without a file, and a file without a path, are refused', () => {
  for (const text of ['', '=', '/etc/motd', '/etc/motd=', '=motd.txt']) {
    assert.throws(
      () => injectedStdinReaders({ injectFile: [text] }),
      (error) => isFault(error, 'OPTION_INVALID') && error.message.includes('GUEST-PATH=FILE'),
    );
  }
});
