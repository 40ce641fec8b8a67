import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { checkInjectedFiles } from '../../../src/metadata/index.ts';

function file(path: string, content = 'secret words') {
  return { path, content: Buffer.from(content) };
}

test('up to five files of 10 KiB each are taken, as copies', () => {
  const content = Buffer.alloc(10_240, 'a');
  const files = ['/etc/motd', '/a b', `/${'é'.repeat(127)}`, '/srv/x=y,z', '/5'].map((path) => ({
    path,
    content,
  }));
  const taken = checkInjectedFiles(files);
  assert.deepEqual(
    taken,
    files.map(({ path }) => ({ path, content: new Uint8Array(content) })),
  );
  content.fill('b');
  assert.deepEqual(new Set(taken.flatMap((one) => [...one.content])), new Set([97]));
  assert.deepEqual(checkInjectedFiles([]), []);
});

test('what Nova or the guest would not take is refused, and no content is repeated', () => {
  const cases = [
    [['1', '2', '3', '4', '5', '6'].map((name) => file(`/${name}`)), /6 files .* 5 are allowed/],
    [[file('/large', 'x'.repeat(10_241))], /\/large has 10241 bytes, and 10240/],
    [[file('/etc/motd'), file('/etc/motd')], /\/etc\/motd is to be injected twice/],
    ...[
      '',
      'etc/motd',
      '/',
      '/etc/',
      '//etc',
      '/etc/../motd',
      '/./etc',
      '/a\nb',
      'C:\\a',
      `/${'é'.repeat(128)}`,
    ].map((path) => [[file(path)], /is no path for a file/] as const),
  ] as const;
  for (const [files, words] of cases) {
    assert.throws(
      () => checkInjectedFiles(files),
      (error) => {
        assert.ok(isFault(error, 'INJECTED_FILE_INVALID'), String(error));
        assert.match(error.message, words);
        return !/secret words|xxx/.test(`${error.message} ${error.hint}`);
      },
    );
  }
});
