// Ctrl-C in the middle of a launch, at the first word of each step.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };

const ITSELF = join(import.meta.dirname, 'interrupt-itself.ts');

/** Launches, with SIGINT as soon as `lines` lines of progress have been written. */
async function launchInterrupted(world: World, lines: number) {
  const argv = ['--config', world.configFile, 'launch', 'minimal', '--name', 'cut'];
  const env = { ...process.env, NODE_OPTIONS: `--import=${ITSELF}`, NVT_INTERRUPT_AT: String(lines) };
  const child = spawn(join(PACKAGE, 'scripts', 'novalet'), argv, { env, timeout: 240_000 });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
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
