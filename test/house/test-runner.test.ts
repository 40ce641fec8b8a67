// The test runner itself: what it counts, when it fails, and that nothing makes it hang.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SLOWEST } from '../../scripts/slowest-tests.ts';
import { SampleTree } from './sample-tree.ts';

const root = join(import.meta.dirname, '..', '..');

/** Runs the runner on a tree with these files under test/unit. */
function runTests(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  using tree = new SampleTree(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`test/unit/${name}`, text])),
  );
  cpSync(join(root, 'scripts'), join(tree.root, 'scripts'), { recursive: true });
  cpSync(join(root, 'package.json'), join(tree.root, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(tree.root, 'node_modules'));
  // The runner is to believe that it is not itself under test.
  const { NODE_TEST_CONTEXT: _, CI: __, ...outer } = process.env;
  const run = spawnSync(process.execPath, ['scripts/run-tests.ts', '--unit'], {
    cwd: tree.root,
    env: { ...outer, ...env },
    encoding: 'utf8',
    timeout: 50_000,
  });
  const last = run.stdout.trimEnd().split('\n').at(-1);
  return { status: run.status, last, stdout: run.stdout };
}

const IMPORTS = "import { describe, it, test } from 'node:test';\n";

test('it ends with one line of counts, of leaves only', () => {
  const { status, last } = runTests({
    'a.test.ts': `${IMPORTS}describe('s', () => { it('x', () => {}); it('y', () => {}); });
      test('parent', async (t) => { await t.test('child', () => {}); });\n`,
    'b.test.ts': `${IMPORTS}test('one', () => {});\n`,
  });
  assert.deepEqual([status, last], [0, '4 passed, 0 failed, 0 skipped']);
});

test('a failure fails the run, is counted once, and is told with its path and cause', () => {
  const { status, last, stdout } = runTests({
    'a.test.ts': `${IMPORTS}describe('s', () => { it('x', () => { throw new Error('boom', { cause: new Error('why') }); }); });\n`,
  });
  assert.deepEqual([status, last], [1, '0 passed, 1 failed, 0 skipped']);
  assert.match(stdout, /s > x\n\s+Error: boom/);
  assert.match(stdout, /\[cause\]: Error: why/);
});

test('a file that throws while it loads, or ends with a bad status, fails', () => {
  const { status, last } = runTests({
    'a.test.ts': "throw new Error('at load');\n",
    'b.test.ts': `${IMPORTS}test('fine', () => {});\nprocess.on('exit', () => { process.exitCode = 3; });\n`,
  });
  assert.deepEqual([status, last], [1, '1 passed, 2 failed, 0 skipped']);
});

test('a file without a test fails, and so does a run without a file', () => {
  assert.deepEqual(runTests({ 'a.test.ts': 'export {};\n' }).last, '0 passed, 1 failed, 0 skipped');
  const none = runTests({ 'a.ts': 'export {};\n' });
  assert.deepEqual([none.status, none.last], [1, '0 passed, 0 failed, 0 skipped']);
});

test('a skip says why, and is a failure in CI only', () => {
  const files = {
    'a.test.ts': `${IMPORTS}test('a', (t) => t.skip('no KVM here'));\ntest('b', () => {});\ndescribe.skip('c', () => {});\n`,
  };
  const here = runTests(files);
  assert.deepEqual([here.status, here.last], [0, '1 passed, 0 failed, 2 skipped']);
  assert.match(here.stdout, /skipped: a: no KVM here/);
  assert.equal(runTests(files, { CI: 'true' }).status, 1);
});

test('the files that are begun first are there', () => {
  assert.deepEqual(
    SLOWEST.filter((file) => !existsSync(join(root, file))),
    [],
  );
});
