// README's ten lines, run as whoever copies them would: a process of its own, a real guest, nothing left afterwards.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { PACKAGE, SLOW_AGENT, World } from '../support/world.ts';

const BOUND = { timeout: 600_000 };

/** `addImage` makes the image that the example names. */
export function testTenLines(addImage: (world: World) => Promise<unknown>): void {
  let world: World;
  before(async () => {
    world = await World.make(SLOW_AGENT);
    await addImage(world);
    await world.closeCompute();
  }, BOUND);
  after(() => world[Symbol.asyncDispose](), BOUND);

  test('the example launches a guest, runs its command and throws the guest away', BOUND, async () => {
    const before = await world.snapshot();
    const env = `NOVALET_CONFIG=${world.configFile}`;
    const example = 'test/examples/ten-lines.test.ts';
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=novalet-source'];
    const { stdout } = await runProgram(
      'env',
      ['-u', 'NODE_TEST_CONTEXT', '-C', PACKAGE, env, ...node, '--test', '--test-reporter=tap', example],
      { timeoutMs: 580_000 },
    );
    assert.match(stdout, /^ok 1 - a guest runs a command$/m);
    assert.deepEqual((await world.snapshot())['domains'], before['domains']);
  });
}
