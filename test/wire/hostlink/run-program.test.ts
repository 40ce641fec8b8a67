import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';

test('output of a program comes back, and arguments reach it as they are', async () => {
  const { stdout } = await runProgram('printf', ['%s|', 'a b', '$(id)', '"']);
  assert.equal(stdout, 'a b|$(id)|"|');
});

test('standard input is what was given, and empty otherwise', async () => {
  assert.equal((await runProgram('cat', [], { stdin: 'hello' })).stdout, 'hello');
  assert.equal((await runProgram('cat', [])).stdout, '');
});

test('another status than 0 is PROGRAM_FAILED with the last line of stderr', async () => {
  await assert.rejects(runProgram('sh', ['-c', 'echo one >&2; echo two >&2; exit 3']), (error) => {
    assert.ok(isFault(error, 'PROGRAM_FAILED'));
    assert.match(error.message, /status 3: two$/);
    return true;
  });
});

test('a program that is not installed is PROGRAM_MISSING', async () => {
  await assert.rejects(runProgram('no-such-program-here', []), (error) => isFault(error, 'PROGRAM_MISSING'));
});

test('a deadline kills the program and its children', async () => {
  const seconds = `61.${process.pid}`; // an argument that tells this test's child from any other
  await assert.rejects(runProgram('sh', ['-c', `sleep ${seconds} & wait`], { timeoutMs: 200 }), (error) =>
    isFault(error, 'PROGRAM_TIMEOUT'),
  );
  while (await isRunning(`sleep ${seconds}`)); // they were killed; dying takes its time
});

test('cancelling kills the program', async () => {
  const stop = new AbortController();
  const run = runProgram('sleep', ['60'], { signal: stop.signal });
  stop.abort();
  await assert.rejects(run, (error) => isFault(error, 'CANCELLED'));
});

test('too much output is refused, not kept', async () => {
  await assert.rejects(runProgram('yes', [], { maxOutputBytes: 1000 }), (error) =>
    isFault(error, 'PROGRAM_OUTPUT_TOO_LARGE'),
  );
});

/** Whether pgrep finds a process with these words. */
async function isRunning(words: string): Promise<boolean> {
  const [found] = await Promise.allSettled([runProgram('pgrep', ['-f', words])]);
  if (found.status === 'fulfilled') return true;
  assert.ok(isFault(found.reason, 'PROGRAM_FAILED'), String(found.reason));
  return false;
}
