// A hundred stock clients at once in four real guests: each gets its own output, over one lane for each guest.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { virsh } from '../support/ask-agent.ts';
import { GuestGateway } from './support/guest-gateway.ts';

const NAMES = ['one', 'two', 'three', 'four'];
const CLIENTS = 100;
const MIB = 1024;
let gateway: GuestGateway;

before(
  async () => {
    gateway = await GuestGateway.make();
    await gateway.world.minimalImage();
    const compute = await gateway.world.compute();
    for (const name of NAMES)
      await compute.launch({ image: 'minimal', name, flavor: 'small', network: 'none' });
    await Promise.all(NAMES.map((name) => compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 180_000 })));
    await gateway.start(NAMES);
  },
  { timeout: 300_000 },
);
after(async () => await gateway[Symbol.asyncDispose](), { timeout: 240_000 });

/** Channels of the running domain: the agent's, and lanes. */
async function channelsOf(name: string): Promise<number> {
  const compute = await gateway.world.compute();
  const { domainName } = (await compute.show(name)).instance;
  return (await virsh('dumpxml', domainName)).match(/<channel /g)?.length ?? 0;
}

async function channels(): Promise<number[]> {
  return await Promise.all(NAMES.map(channelsOf));
}

function rssMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / MIB;
}

test('a hundred sessions at once in four guests all come out right, over one lane each', {
  timeout: 240_000,
}, async (context) => {
  const before = rssMiB(gateway.pid);
  const began = performance.now();
  const clients = Array.from({ length: CLIENTS }, (_, at) =>
    gateway.run(
      'ssh',
      [`admin.${NAMES[at % NAMES.length]}`, `echo ${at}; read word; echo "$word" >&2; exit ${at}`],
      {
        input: `word ${at}\n`,
      },
    ),
  );
  const during = await channels();
  const ran = await Promise.all(clients);
  const seconds = (performance.now() - began) / 1000;
  ran.forEach((one, at) => {
    assert.deepEqual(one, { status: at, stdout: `${at}\n`, stderr: `word ${at}\n` });
  });
  assert.ok(
    during.every((count) => count <= 2),
    String(during),
  );
  assert.deepEqual(await channels(), [2, 2, 2, 2]);
  const { length } = await gateway.audited({ what: 'exec', via: 'lane', outcome: 'ok' }, CLIENTS);
  assert.equal(length, CLIENTS);
  context.diagnostic(
    `${seconds.toFixed(1)} s; the gateway has ${before.toFixed(0)} MiB before and ${rssMiB(gateway.pid).toFixed(0)} MiB after`,
  );
});

test('a hundred sessions open at the same time are all there, and all end', {
  timeout: 240_000,
}, async (context) => {
  const clients = Array.from({ length: CLIENTS }, (_, at) =>
    gateway.begin('ssh', [`admin.${NAMES[at % NAMES.length]}`, `echo up; read word; echo ${at} "$word"`]),
  );
  const outputs = clients.map((client) => client.stdout?.setEncoding('utf8')[Symbol.asyncIterator]());
  const began = performance.now();
  const first = await Promise.all(outputs.map(async (output) => (await output?.next())?.value));
  assert.deepEqual(
    first,
    clients.map(() => 'up\n'),
  );
  const openMs = performance.now() - began;
  context.diagnostic(
    `all open after ${(openMs / 1000).toFixed(1)} s; the gateway has ${rssMiB(gateway.pid).toFixed(0)} MiB`,
  );
  assert.deepEqual(await channels(), [2, 2, 2, 2]);
  for (const client of clients) client.stdin?.end('go\n');
  const last = await Promise.all(outputs.map(async (output) => (await output?.next())?.value));
  assert.deepEqual(
    last,
    clients.map((_, at) => `${at} go\n`),
  );
});
