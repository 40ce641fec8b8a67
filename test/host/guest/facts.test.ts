// What the agent tells, from the real qemu-ga of this host, run as an unprivileged user. Only commands that change nothing.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { cpus, hostname, release } from 'node:os';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import {
  AGENT_COMMANDS,
  Agent,
  gatherFacts,
  readCpuTimes,
  readDiskStatistics,
  socketOpener,
  syncAgent,
} from '../../../src/guest/index.ts';
import { QapiFault } from '../../../src/qapi/index.ts';
import { AgentProgram } from '../../fakes/agent-program.ts';

const peer = 'the agent of t';

async function withAgent(
  work: (agent: Agent) => Promise<void>,
  block: readonly string[] = [],
): Promise<void> {
  await using program = await AgentProgram.start({ block });
  await using agent = new Agent({ peer, open: socketOpener(program.path, { peer }) });
  await work(agent);
}

/** What was told while this host's own word stayed the same: other tests add and remove devices of this host. */
async function undisturbed<T>(
  look: () => Promise<readonly string[]>,
  work: () => Promise<T>,
): Promise<{ readonly told: T; readonly seen: readonly string[] }> {
  for (;;) {
    const seen = await look();
    const told = await work();
    if (isDeepStrictEqual(await look(), seen)) return { told, seen };
  }
}

async function linksOfHost(): Promise<readonly string[]> {
  const links = (await readFile('/proc/net/dev', 'utf8')).match(/^ *[^\s:]+(?=:)/gm) ?? [];
  return links.map((name) => name.trim()).sort();
}

async function routesOfHost(): Promise<readonly string[]> {
  const [, ...rows] = (await readFile('/proc/net/route', 'utf8')).trim().split('\n');
  return rows.map((row) => row.split('\t')[1] ?? '');
}

async function disksOfHost(): Promise<readonly string[]> {
  const rows = (await readFile('/proc/diskstats', 'utf8')).trim().split('\n');
  return rows.map((row) => row.trim().split(/\s+/)[2] ?? '');
}

test("the table of commands has the agent's names, and knows which of them answer", async () => {
  await withAgent(async (agent) => {
    const { commands } = await agent.info();
    const table = new Map(Object.entries(AGENT_COMMANDS));
    assert.deepEqual(
      [...commands.keys()].filter((name) => !table.has(name)),
      [],
    );
    // Agents from 8.0 are built without what their system has not got; newer commands are not in older agents.
    const expected = [...table].filter(([, entry]) => !('since' in entry) && entry.systems !== 'windows');
    assert.deepEqual(
      expected.map(([name]) => name).filter((name) => !commands.has(name)),
      [],
    );
    for (const [name, { answers }] of commands) {
      assert.equal(answers, !('silent' in (table.get(name) ?? {})), name);
    }
  });
});

test('the agent asks for the arguments that the table says it must have', async () => {
  await withAgent(async (agent) => {
    let checked = 0;
    for (const [name, entry] of Object.entries(AGENT_COMMANDS)) {
      const needed = Object.keys(entry.arguments).filter((argument) => !argument.endsWith('?'));
      if (needed.length === 0 || name === 'guest-sync-delimited') continue;
      // Refused before anything is done: an argument is missing.
      const refused = await agent.call(name, {}).then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.ok(refused instanceof QapiFault, `${name} without arguments`);
      assert.ok(
        needed.some((argument) => refused.message.includes(`'${argument}'`)),
        refused.message,
      );
      checked += 1;
    }
    assert.ok(checked >= 14, `${checked} commands`);
  });
});

test('the facts of this host are what the host says by other means', async () => {
  await withAgent(async (agent) => {
    const { told: facts, seen: links } = await undisturbed(linksOfHost, () => gatherFacts(agent));
    assert.deepEqual(facts.hostName, { known: true, value: hostname() });
    assert.equal(facts.os.known && facts.os.value.kernelRelease, release());
    assert.equal(facts.vcpus.known && facts.vcpus.value.filter(({ online }) => online).length, cpus().length);
    assert.ok(facts.time.known && Math.abs(facts.time.value.driftMs) <= facts.time.value.uncertaintyMs + 50);
    assert.deepEqual(facts.frozen, { known: true, value: false });
    const root = facts.filesystems.known
      ? facts.filesystems.value.find(({ mountpoint }) => mountpoint === '/')
      : undefined;
    assert.ok((root?.totalBytes ?? 0) >= (root?.usedBytes ?? 1));
    const names = facts.interfaces.known ? facts.interfaces.value.map(({ name }) => name) : [];
    assert.deepEqual(names.sort(), links);
    assert.ok(facts.load.known && facts.load.value.fifteenMinutes >= 0);
    assert.ok(facts.memory.known && facts.memory.value.online > 0);
    assert.deepEqual(
      facts.unusable.filter(({ by }) => by !== 'system'),
      [],
    );
  });
});

test("routes without the agent's own command are those of the kernel's tables", async () => {
  await withAgent(async (agent) => {
    const { told: facts, seen: rows } = await undisturbed(routesOfHost, () => gatherFacts(agent));
    assert.ok(facts.routes.known);
    const { routes } = facts.routes.value;
    const ipv4 = routes.filter(({ family }) => family === 'ipv4');
    assert.equal(ipv4.length, rows.length);
    const hasDefault = rows.includes('00000000');
    assert.equal(
      ipv4.some(({ destination }) => destination === '0.0.0.0/0'),
      hasDefault,
    );
  });
});

test('counters of processors and disks are told, and the agent is in step', async () => {
  await withAgent(async (agent) => {
    const times = await readCpuTimes(agent);
    assert.equal(times.length, cpus().length);
    assert.ok(times.every(({ idle, user }) => idle > 0 && user >= 0));
    const { told, seen } = await undisturbed(disksOfHost, () => readDiskStatistics(agent));
    assert.equal(told.length, seen.length);
    await syncAgent(agent);
  });
});

test('what a policy blocks is absent with its reason, and all else is told', async () => {
  const block = ['guest-get-users', 'guest-file-open', 'guest-get-fsinfo'];
  await withAgent(async (agent) => {
    const facts = await gatherFacts(agent);
    for (const part of [facts.users, facts.load, facts.routes, facts.filesystems]) {
      assert.equal(part.known || part.code, 'AGENT_COMMAND_BLOCKED');
    }
    assert.ok(facts.os.known && facts.disks.known && facts.interfaces.known);
    const blocked = facts.unusable.filter(({ by }) => by === 'policy').map(({ name }) => name);
    assert.deepEqual(blocked, [...block].sort());
  }, block);
});
