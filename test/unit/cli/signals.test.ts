import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { MAIN } from './novalet-process.ts';

const NODE_ARGUMENTS = ['--disable-warning=ExperimentalWarning', MAIN];
const BOUND = { timeout: 20_000 };

test('a reader that leaves early ends the command quietly, as SIGPIPE would', BOUND, async () => {
  const child = spawn(process.execPath, [...NODE_ARGUMENTS, 'completion', 'bash'], BOUND);
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  assert.deepEqual(await once(child, 'close'), [141, null]);
  assert.equal(stderr, '');
});

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} while input is read ends with ${status}`, BOUND, async () => {
    // The command waits for stdin, which stays open.
    const child = spawn(process.execPath, [...NODE_ARGUMENTS, 'render', '-'], {
      ...BOUND,
      env: { ...process.env, NODE_OPTIONS: `--import ${new URL('./report-modules.ts', import.meta.url)}` },
    });
    const loaded = Promise.withResolvers<void>();
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      if (stderr.includes('/commands/render.ts')) loaded.resolve();
    });
    await loaded.promise;
    child.kill(signal);
    assert.deepEqual(await once(child, 'close'), [status, null]);
  });
}
