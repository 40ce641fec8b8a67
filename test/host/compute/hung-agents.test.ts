// Agents that hang beside others that answer, through libvirt; and two processes that use one guest's agent at once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { openConnection } from '../../../src/libvirt/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
const domains = new Map<string, string>();
const PING = '{"execute":"guest-ping"}';
const EXECS = 100;
/** Far more than a call takes that does not hang, also on a busy host. */
const HANG_S = 6;

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  for (const name of ['well', 'hung']) {
    const { domainName } = await compute.launch({ image: 'minimal', name, network: 'none' });
    domains.set(name, domainName);
  }
  for (const name of domains.keys()) await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 180_000 });
});

function domainOf(name: string): string {
  return domains.get(name) ?? assert.fail(name);
}

test('two processes on one guest wait for each other, and none gets a result of the other', {
  timeout: 600_000,
}, async (context) => {
  const program = fileURLToPath(new URL('../support/exec-many.ts', import.meta.url));
  const began = performance.now();
  const one = async (word: string) => {
    const child = spawn(process.execPath, [program, world.configFile, 'well', word, String(EXECS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    assert.equal(status, 0);
    return JSON.parse(output);
  };
  const ends = await Promise.all([one('first'), one('second')]);
  assert.deepEqual(ends, [
    { wrong: [], faults: [] },
    { wrong: [], faults: [] },
  ]);
  context.diagnostic(`2 processes, ${EXECS} commands each: ${Math.round(performance.now() - began)} ms`);
});

test('calls that hang hold up their own connection, and no other', async (context) => {
  // Over the lane, so that it is known to stand still: an answer that takes long would look the same from here.
  const halt =
    'kill -STOP $(pidof qemu-ga); until grep -q "^State:.T" /proc/$(pidof qemu-ga)/status; do :; done';
  const halted = await compute.exec('hung', { argv: ['sh', '-c', halt], via: 'lane' });
  assert.equal(halted.exitCode, 0, String(halted.stderr));
  await using held = await openConnection('qemu:///system');
  await using free = await openConnection('qemu:///system');
  const [wellHeld, wellFree] = [
    await held.domainByName(domainOf('well')),
    await free.domainByName(domainOf('well')),
  ];
  const hung = await held.domainByName(domainOf('hung'));
  const order: string[] = [];
  const noted = async (name: string, work: () => Promise<unknown>) => {
    const began = performance.now();
    await answers(work);
    order.push(name);
    context.diagnostic(`${name}: ${Math.round(performance.now() - began)} ms`);
  };
  const hanging = Array.from({ length: 4 }, () =>
    noted('a call that hangs', () => hung.agentCommand(PING, HANG_S)),
  );
  const behind = noted('another guest, same connection', () => wellHeld.agentCommand(PING, HANG_S));
  await noted('another guest, another connection', () => wellFree.agentCommand(PING, HANG_S));
  await behind;
  // What was behind is done by now, so after the first that hung. Another that hung may have ended before it.
  assert.deepEqual(order.slice(0, 2), ['another guest, another connection', 'a call that hangs']);
  await held.close();
  await Promise.all(hanging);
});

test('a guest whose agent hangs delays no command in another one, and is found out once', async (context) => {
  const order: string[] = [];
  const failing = assert.rejects(compute.exec('hung', { argv: ['true'], via: 'agent' }), (error) => {
    order.push('hung');
    return isFault(error, 'AGENT_UNRESPONSIVE', 'AGENT_ANSWER_LOST');
  });
  const began = performance.now();
  for (let at = 0; at < 3; at += 1) {
    assert.equal(
      (await compute.exec('well', { argv: ['echo', String(at)], via: 'agent' })).stdout.toString(),
      `${at}\n`,
    );
    order.push('well');
  }
  context.diagnostic(`3 commands beside a hung agent: ${Math.round(performance.now() - began)} ms`);
  await failing;
  assert.deepEqual(order, ['well', 'well', 'well', 'hung']);
  // Its breaker is open now: it fails before a command elsewhere is done.
  const again = assert.rejects(compute.exec('hung', { argv: ['true'], via: 'agent' }), (error) =>
    isFault(error),
  );
  await Promise.all([again, compute.exec('well', { argv: ['true'], via: 'agent' })]);
});

async function answers(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isFault(error)) throw error;
    return false;
  }
}
