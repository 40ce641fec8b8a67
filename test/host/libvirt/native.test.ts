// The C++ core without JavaScript, on libvirt's test driver: under valgrind and the sanitizers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const NATIVE = fileURLToPath(new URL('../../../native', import.meta.url));

test('the core of the addon leaks nothing and races nowhere', async () => {
  const { stdout } = await promisify(execFile)('make', ['-s', '-C', NATIVE, 'check'], { timeout: 300_000 });
  assert.match(stdout, /nothing lost/);
  assert.equal(stdout.match(/all checks passed/g)?.length, 2); // with each of the two sanitizers
});
