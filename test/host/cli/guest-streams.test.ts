// What becomes of a program in a guest when the ends of our own streams are not as one hopes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errnoCode } from '../../../src/base/index.ts';

const BOUND = { timeout: 30_000 };
/** Says who it is, and then goes on whatever becomes of its streams. */
const STUBBORN = 'trap "" PIPE HUP; echo $$; while :; do echo line; sleep 0.02; done 2>/dev/null';

function novalet(...argv: readonly string[]) {
  const script = join(import.meta.dirname, 'host-guest-process.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...argv], BOUND);
  let errors = '';
  child.stderr.on('data', (piece) => {
    errors += piece;
  });
  return { child, errors: () => errors };
}

function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
    return false;
  }
}

test(
  'a reader that leaves early ends the program in the guest, and then the command, quietly',
  BOUND,
  async () => {
    const { child, errors } = novalet('exec', 'web', '--', 'sh', '-c', STUBBORN);
    const [first] = await once(child.stdout, 'data');
    const pid = Number.parseInt(String(first), 10);
    assert.ok(isRunning(pid));
    child.stdout.destroy();
    assert.deepEqual(await once(child, 'close'), [141, null]);
    assert.ok(!isRunning(pid));
    assert.equal(errors(), '');
  },
);

test('a pipe to us that stays open keeps nobody waiting once the program has ended', BOUND, async () => {
  const { child } = novalet('exec', '-i', 'web', '--', 'sh', '-c', 'read line; echo "$line"; exit 7');
  child.stdin.on('error', () => undefined);
  child.stdin.write('first\nsecond\n');
  const [answer] = await once(child.stdout, 'data');
  assert.equal(String(answer), 'first\n');
  assert.deepEqual(await once(child, 'close'), [7, null]);
  child.stdin.destroy();
});

test('a program that reads none of a long input ends as it likes', BOUND, async () => {
  const { child } = novalet('exec', '-i', 'web', '--', 'sh', '-c', 'exec <&-; exit 4');
  child.stdin.on('error', () => undefined);
  child.stdin.end(Buffer.alloc(4_000_000));
  assert.deepEqual(await once(child, 'close'), [4, null]);
});
