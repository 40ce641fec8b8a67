// Ctrl-C in the middle of a launch, at the first word of each step.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };

/** Launches, and sends SIGINT as soon as `lines` lines of progress have come. */
async function launchInterrupted(world: World, lines: number) {
  const argv = ['--config', world.configFile, 'launch', 'minimal', '--name', 'cut'];
  const child = spawn(join(PACKAGE, 'scripts', 'novalet'), argv, { timeout: 240_000 });
  let stderr = '';
  let isSent = false;
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
    if (isSent || stderr.split('\n').filter((line) => line.startsWith('[')).length < lines) return;
    isSent = true;
    child.kill('SIGINT');
  });
  const [status] = await once(child, 'close');
  return { status, stderr };
}

test('Ctrl-C takes back what was built, at whatever step it comes', BOUND, async () => {
  await using world = await World.make();
  await world.minimalImage();
  await world.closeCompute();
  const first = await world.novalet(['launch', 'minimal', '--name', 'first', '--quiet']); // makes the network
  assert.equal(first.status, 0, first.stderr);
  assert.equal((await world.novalet(['delete', 'first', '--quiet'])).status, 0);
  const before = await world.snapshot();
  for (const lines of [1, 3, 5, 7]) {
    const { status, stderr } = await launchInterrupted(world, lines);
    assert.equal(status, 130, stderr);
    assert.match(stderr, /\[INTERRUPTED\]/);
    assert.deepEqual(await world.snapshot(), before, `after ${lines} lines: ${stderr}`);
    assert.equal((await world.novalet(['list', '-o', 'json'])).stdout, '[]\n');
  }
});
