// Crash only: a launch that is killed before or after any of its acts leaves nothing behind the next command.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { STEP_WORDS } from '../../../src/compute/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const flavor = {
  name: 'full',
  vcpus: 1,
  memoryMiB: 256,
  rootGiB: 0,
  ephemeralGiB: 1,
  swapMiB: 64,
  extraSpecs: {},
};
let untouched: Awaited<ReturnType<World['snapshot']>>;

before(async () => {
  await world.minimalImage();
  const compute = await world.compute();
  await compute.flavors.create(flavor);
  // What instances share is made by the first of them and stays: the network, the bases, the agent drive.
  await compute.launch({ image: 'minimal', name: 'first', flavor: 'full', agent: 'drive' });
  await compute.delete('first');
  untouched = await world.snapshot();
  await world.closeCompute();
});

test('the plan of a launch with everything has every kind of act there is', async () => {
  const compute = await world.compute();
  const plan = await compute.planLaunch({ image: 'minimal', flavor: 'full', agent: 'drive' });
  assert.deepEqual([...new Set(plan.steps.map(({ kind }) => kind))].sort(), Object.keys(STEP_WORDS).sort());
  await world.closeCompute();
});

for (const step of Object.keys(STEP_WORDS)) {
  for (const phase of ['begin', 'end']) {
    test(`killed at the ${phase} of ${step}, a launch leaves nothing`, async () => {
      assert.equal(await dieAt(step, phase), 'SIGKILL');
      const listed = await world.novalet(['list', '-o', 'json']);
      assert.equal(listed.status, 0, listed.stderr);
      // Killed after its last act, the launch was whole, and only the lease was left.
      const expected = step === 'activate' && phase === 'end' ? ['doomed'] : [];
      const names = (JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name);
      assert.deepEqual(names, expected);
      for (const name of names) assert.equal((await world.novalet(['delete', name])).status, 0);
      assert.deepEqual(await world.snapshot(), untouched);
    });
  }
}

async function dieAt(step: string, phase: string): Promise<string | null> {
  const program = join(PACKAGE, 'test', 'host', 'support', 'launch-and-die.ts');
  const child = spawn(process.execPath, [program, world.configFile, 'minimal', step, phase], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 240_000,
  });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
}
