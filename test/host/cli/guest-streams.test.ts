// What becomes of a program in a guest when the ends of our own streams are not as one hopes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errnoCode } from '../../../src/base/index.ts';

const BOUND = { timeout: 120_000 };
/** Says who it is, and then goes on whatever becomes of its streams. */
const STUBBORN = 'trap "" PIPE HUP; echo $$; while :; do echo line; sleep 0.02; done 2>/dev/null';

const SCRIPT = join(import.meta.dirname, 'host-guest-process.ts');
const TERMINAL = join(import.meta.dirname, '..', 'support', 'terminal.py');

function novalet(...argv: readonly string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SCRIPT, ...argv], BOUND);
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
    if (['ENOENT', 'ESRCH'].includes(errnoCode(error) ?? '')) return false; // gone, or going at this very moment
    throw error;
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
    while (isRunning(pid)) await nextTurn(); // it was killed; dying takes its time
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

test(
  'a file is sent whole, with its own end, and an empty one is the end at once',
  BOUND,
  async (context) => {
    const folder = scratch(context);
    const data = Buffer.from(Array.from({ length: 3_000_000 }, (_unused, at) => at % 251));
    for (const bytes of [data, Buffer.alloc(0)]) {
      writeFileSync(join(folder, 'in'), bytes);
      const input = openSync(join(folder, 'in'), 'r');
      const words = ['--disable-warning=ExperimentalWarning', SCRIPT, 'exec', '-i', 'web', '--', 'sha256sum'];
      const child = spawn(process.execPath, words, { ...BOUND, stdio: [input, 'pipe', 'inherit'] });
      closeSync(input);
      const ended = once(child, 'close');
      assert.ok(child.stdout !== null);
      assert.equal(await text(child.stdout), `${createHash('sha256').update(bytes).digest('hex')}  -\n`);
      assert.deepEqual(await ended, [0, null]);
    }
  },
);

test(
  'a terminal before stdin alone sends lines, Ctrl-D is their end, and the program gets no terminal',
  BOUND,
  async (context) => {
    const seen = join(scratch(context), 'seen');
    const words = [process.execPath, '--disable-warning=ExperimentalWarning', SCRIPT, 'exec', '-i', 'web'];
    const script = 'test -t 0 || echo none; cat; exit 3';
    const redirected = ['sh', '-c', 'seen=$1; shift; exec "$@" >"$seen"', 'sh', seen, ...words];
    const child = spawn('python3', [TERMINAL, ...redirected, '--', 'sh', '-c', script], BOUND);
    const ended = once(child, 'close');
    child.stdin.write('one é\ntwo\n\u0004');
    assert.deepEqual(await ended, [3, null]);
    assert.equal(readFileSync(seen, 'utf8'), 'none\none é\ntwo\n');
  },
);

test('signals that ask nobody to stop are handed on, however often they come', BOUND, async () => {
  const script =
    'trap "echo one" USR1; trap "echo two" USR2; trap "echo quit" QUIT; trap "exit 6" TERM; echo up; while :; do sleep 0.02; done';
  const { child } = novalet('exec', 'web', '--', 'sh', '-c', script);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  assert.equal(await next(), 'up');
  const sent = ['SIGUSR1', 'SIGUSR2', 'SIGQUIT', 'SIGUSR1', 'SIGQUIT'] as const;
  const words = { SIGUSR1: 'one', SIGUSR2: 'two', SIGQUIT: 'quit' };
  for (const name of sent) {
    child.kill(name);
    assert.equal(await next(), words[name]);
  }
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'close'), [6, null]);
});

function scratch(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'novalet-streams-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}
