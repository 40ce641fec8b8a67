// Two hundred real agents at once, a fifth of them hung or slow: the others must not notice.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { Agent, socketOpener } from '../../../src/guest/index.ts';
import { AgentProgram } from '../../fakes/agent-program.ts';
import { SlowProxy } from '../../fakes/slow-proxy.ts';
import { heldBytes } from '../../support/held-bytes.ts';

const AGENTS = 200;
const HUNG = 20;
const SLOW = 20;
const ROUNDS = 3;
const MIB = 1024 * 1024;
const STARTS_AT_ONCE = 8;

interface Guest {
  readonly agent: Agent;
  readonly program: AgentProgram;
  readonly at: number;
}

test('twenty hung agents and twenty slow ones delay none of the other 160', {
  timeout: 240_000,
}, async (context) => {
  await using world = new AsyncDisposableStack();
  const guests = await startAll(world);
  const healthy = guests.slice(HUNG + SLOW);
  const hung = guests.slice(0, HUNG);
  const slow = guests.slice(HUNG, HUNG + SLOW);
  await exchange(guests); // connects, and learns what each can do
  const before = heldBytes();
  const alone = await timed(() => exchange(healthy));
  for (const { program } of hung) program.stop();
  try {
    // By the order of events, not by the clock: the healthy ones are all done before the first of the others is.
    const ended: string[] = [];
    const deadlineMs = Math.max(4000, 8 * alone); // the load of this host may change meanwhile
    const silent = hung.map(async ({ agent }) => {
      await assert.rejects(agent.ping({ timeoutMs: deadlineMs }), (error) =>
        isFault(error, 'AGENT_UNRESPONSIVE'),
      );
      ended.push('hung');
    });
    const late = slow.map(async ({ agent }) => {
      await agent.ping({ timeoutMs: 10 * deadlineMs });
      ended.push('slow');
    });
    const beside = await timed(async () => {
      await exchange(healthy);
      ended.push('healthy');
    });
    assert.equal(ended.filter((name) => name !== 'slow')[0], 'healthy');
    await Promise.all([...silent, ...late]);
    assert.equal(ended.filter((name) => name === 'hung').length, HUNG);
    // Their breakers are open: no call waits again.
    const refused = await timed(async () => {
      for (const { agent } of hung)
        await assert.rejects(agent.ping({ timeoutMs: deadlineMs }), (error) =>
          isFault(error, 'AGENT_UNRESPONSIVE'),
        );
    });
    assert.ok(refused < deadlineMs, `${refused} ms for ${HUNG} refusals`);
    context.diagnostic(
      `${healthy.length} healthy agents, ${ROUNDS} commands each: ${alone} ms alone, ${beside} ms beside the others; ${HUNG} refusals in ${refused} ms`,
    );
    const heldMiB = (heldBytes() - before) / MIB;
    assert.ok(heldMiB < 32, `${heldMiB} MiB`);
  } finally {
    for (const { program } of hung) program.continue();
  }
  await Promise.all(hung.map(({ agent }) => comesBack(agent)));
});

async function startAll(world: AsyncDisposableStack): Promise<Guest[]> {
  const guests: Guest[] = [];
  const start = async () => {
    for (let at = next(); at < AGENTS; at = next()) guests.push(await startOne(world, at));
  };
  let started = 0;
  const next = () => started++;
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, start));
  return guests.sort((a, b) => a.at - b.at);
}

async function startOne(world: AsyncDisposableStack, at: number): Promise<Guest> {
  const program = world.use(await AgentProgram.start());
  const isSlow = at >= HUNG && at < HUNG + SLOW;
  const listen = join(program.folder, 'slow.sock');
  const path = isSlow ? world.use(await SlowProxy.listen(listen, program.path)).path : program.path;
  const peer = `the agent of t${at}`;
  const agent = new Agent({
    peer,
    open: socketOpener(path, { peer, timeoutMs: 60_000 }),
    requestTimeoutMs: 60_000,
  });
  return { agent: world.use(agent), program, at };
}

/** Some commands in each, each with its own result. */
async function exchange(guests: readonly Guest[]): Promise<void> {
  const one = async ({ agent, at }: Guest) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { stdout, exitCode } = await agent.exec([
        '/bin/sh',
        '-c',
        `echo ${at}-${round}; exit ${at % 100}`,
      ]);
      assert.deepEqual([stdout.toString(), exitCode], [`${at}-${round}\n`, at % 100]);
    }
  };
  await Promise.all(guests.map(one));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round(performance.now() - began);
}

/** The breaker's pause has to be over, and then the first call succeeds. */
async function comesBack(agent: Agent): Promise<void> {
  await agent.reset();
  await agent.ping();
}
