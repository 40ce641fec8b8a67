// The C++ on libvirt's test driver: its core without JavaScript, under valgrind and the sanitizers, and the whole addon
// in Node with the address sanitizer preloaded.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { make, sanitizedBuilds } from './sanitized-builds.ts';

const run = promisify(execFile);
let native = '';
before(
  async () => {
    native = await sanitizedBuilds();
  },
  { timeout: 600_000 },
);
const PROGRAM = fileURLToPath(new URL('./sanitized-run.ts', import.meta.url));

test('the core of the addon leaks nothing and races nowhere', async () => {
  const stdout = await make(native, 'check');
  assert.match(stdout, /nothing lost/);
  assert.equal(stdout.match(/all checks passed/g)?.length, 2); // with each of the two sanitizers
});

test('the addon in Node touches no freed memory and leaks nothing of its own', async () => {
  const { stdout: library } = await run('g++', ['-print-file-name=libasan.so']);
  const child = spawn(process.execPath, [PROGRAM, `${native}/build/address/novalet.node`], {
    env: {
      ...process.env,
      LD_PRELOAD: library.trim(),
      // The process's own exit status is kept: Node itself leaves a little behind, which is not what is looked for.
      ASAN_OPTIONS: 'detect_leaks=1',
      LSAN_OPTIONS: 'exitcode=0',
    },
    timeout: 400_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, report, [status, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  assert.equal(stdout, 'ran\n', report);
  assert.deepEqual([status, signal], [0, null], report);
  assert.doesNotMatch(report, /ERROR: AddressSanitizer/);
  assert.doesNotMatch(report, /novalet\.node|libvirt\.so/);
});
