// What `apply` and `delete -f` refuse before they look at this host.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { novalet } from '../novalet-process.ts';

/** Arguments, and what is said of them. */
const REFUSED: readonly (readonly [readonly string[], RegExp])[] = [
  [['apply'], /A file is missing.*OPTION_INVALID/],
  [['apply', '-f', 'x', '--exit-code'], /--dry-run.*OPTION_INVALID/],
  [['apply', '-f', '-', '-f', '-'], /one stdin.*OPTION_INVALID/],
  [['delete'], /An instance is missing, or a file.*OPTION_INVALID/],
  [['delete', '--all', 'web'], /--all belongs to -f.*OPTION_INVALID/],
  [['delete', '--dry-run', 'web'], /--dry-run belongs to -f.*OPTION_INVALID/],
  [['delete', '-f', 'x', 'web'], /Both instances and a file.*OPTION_INVALID/],
];

for (const [argv, expected] of REFUSED) {
  test(`novalet ${argv.join(' ')} is refused as wrong usage`, async () => {
    const { status, stdout, stderr } = await novalet(argv);
    assert.deepEqual([status, stdout], [2, ''], stderr);
    assert.match(stderr, expected);
  });
}

test('a file that is not there, and one with mistakes, are told before the engine is opened', async () => {
  const absent = await novalet(['apply', '-f', '/nonexistent/vms.yaml']);
  assert.equal(absent.status, 3);
  assert.match(absent.stderr, /FILE_NOT_FOUND/);
  const wrong = await novalet(['--config', '/nonexistent', 'delete', '-f', '-'], {
    stdin: 'novalet: 1\nvms: {}\n',
  });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /stdin:2: vms is not known[\s\S]*docs\/apply\.md/);
});
