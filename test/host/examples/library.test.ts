// The examples of docs/library.md, run as whoever copies them would: a process each, in a real guest without a network.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 180_000 };
let world: World;

before(async () => {
  world = await World.make();
  const compute = await world.compute();
  const image = await world.minimalImage();
  const { id } = await compute.launch({ image, name: 'web1', network: 'none' });
  await compute.waitFor(id, { kind: 'agent' }, { timeoutMs: 120_000 });
  await world.closeCompute();
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

for (const name of ['streams', 'files', 'terminal', 'jobs', 'agent']) {
  test(`the example ${name} does what it says`, BOUND, async () => {
    const directory = await mkdtemp(join(world.stateDir, 'example-'));
    const env = `NOVALET_CONFIG=${world.configFile}`;
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=novalet-source'];
    const file = join(PACKAGE, 'test', 'examples', `${name}.ts`);
    const { stdout } = await runProgram('env', ['-C', directory, env, ...node, file], { timeoutMs: 120_000 });
    assert.equal(stdout, name === 'streams' ? 'apple\npear\n' : '');
    assert.deepEqual(await readdir(directory), name === 'files' ? ['site'] : []);
    await rm(directory, { recursive: true });
  });
}
