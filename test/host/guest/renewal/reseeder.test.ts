// The program that orders a kernel to reseed, in a guest that has nothing else to do it with; and on this host's kernel.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serverProgram } from '../../../../src/compute/lanes.ts';
import { placeReseeder, type RenewalAgent } from '../../../../src/guest/index.ts';
import { runProgram } from '../../../../src/hostlink/index.ts';
import { World } from '../../support/world.ts';

const BOUND = { timeout: 240_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose](), BOUND);
let agent: RenewalAgent;

before(async () => {
  const image = await world.minimalImage();
  const compute = await world.compute();
  await compute.launch({ image, name: 'vm', network: 'none' });
  await compute.waitFor('vm', { kind: 'agent' }, { timeoutMs: 120_000 });
  agent = {
    peer: 'vm',
    exec: async (argv, { stdin } = {}) =>
      await compute.exec('vm', {
        argv,
        via: 'agent',
        ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin) }),
      }),
  };
}, BOUND);

test('the kernel heeds the order, of root alone', async () => {
  const program = fileURLToPath(new URL('../../../../native/lane/build/novalet-lane', import.meta.url));
  await runProgram(program, ['reseed'], { timeoutMs: 10_000 });
  await assert.rejects(
    runProgram('setpriv', ['--reuid=65534', '--clear-groups', program, 'reseed'], { timeoutMs: 10_000 }),
    /Operation not permitted|EPERM/,
  );
});

test('it is put where it runs, and orders the reseeding', BOUND, async () => {
  await placeReseeder(agent, await serverProgram());
  const { exitCode } = await agent.exec(['/run/novalet-reseed', 'reseed']);
  assert.equal(exitCode, 0);
});

test('a guest of another machine is refused, and nothing stays', BOUND, async () => {
  const { program } = await serverProgram();
  await agent.exec(['rm', '/run/novalet-reseed']);
  await assert.rejects(
    placeReseeder(agent, { machine: 'sparc64', program }),
    ({ code }: { code?: string }) => code === 'RESEED_IMPOSSIBLE',
  );
  const { stdout } = await agent.exec(['sh', '-c', 'ls /run /var/lib /root 2>/dev/null | grep -c reseed']);
  assert.equal(stdout.toString().trim(), '0');
});
