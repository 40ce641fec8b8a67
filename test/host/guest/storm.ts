// One seed of mishaps: calls of several kinds through a faulty proxy, and what they said of themselves, to be compared
// with what was really done on this host.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { isFault, within } from '../../../src/base/index.ts';
import { Agent, ExecFault, type ExecOptions, socketOpener } from '../../../src/guest/index.ts';
import type { AgentProgram } from '../../fakes/agent-program.ts';
import type { FaultyProxy } from '../../fakes/faulty-proxy.ts';
import { Dice } from '../../fakes/lies.ts';

const peer = 'the agent of t';
const REQUEST_MS = 150;
/** Far above the sum of all deadlines in one call: what takes longer hangs. */
const HANG_MS = 60_000;
export const KNOWN = 'what was there before';

/** What one call said of itself. */
export interface Claim {
  readonly token: string;
  readonly path: string;
  readonly said: 'done' | 'not-done' | 'unknown' | 'killed';
  readonly code: string;
}

export interface Place {
  readonly program: AgentProgram;
  readonly proxy: FaultyProxy;
}

interface Call {
  readonly agent: Agent;
  readonly dice: Dice;
  readonly token: string;
  readonly path: string;
}

const KINDS: readonly ((call: Call) => Promise<'done'>)[] = [
  (call) => runs(call, {}),
  (call) => runs(call, {}),
  (call) => runs(call, { cwd: '/', env: { A: 'b' } }),
  (call) => runs(call, { captureLimit: 1000, stdin: 'x'.repeat(2000) }),
  sleeps,
  writes,
  reads,
  names,
];

/** Runs the seed, and gives the claims of its calls. Throws when one of them is not what it may be. */
export async function storm({ program, proxy }: Place, seed: number): Promise<Claim[]> {
  const dice = new Dice(seed);
  const breaker = { firstPauseMs: 0, longestPauseMs: 0 }; // tested by itself
  const open = socketOpener(proxy.path, { peer, timeoutMs: 2 * REQUEST_MS });
  await using agent = new Agent({ peer, open, requestTimeoutMs: REQUEST_MS, breaker });
  proxy.rage(dice, 0.05 + dice.fraction() * 0.4);
  const claims: Claim[] = [];
  for (let round = 0; round < 3; round += 1) {
    const together = Array.from({ length: 1 + dice.below(2) }, (_, at) => {
      const token = `t${seed}-${round}-${at}`;
      return claimed(proxy, { agent, dice, token, path: join(program.folder, token) });
    });
    claims.push(...(await Promise.all(together)));
  }
  proxy.calm();
  await answersAgain(agent, `t${seed}-last`);
  return claims;
}

async function claimed(proxy: FaultyProxy, call: Call): Promise<Claim> {
  const { dice, token, path } = call;
  const kind = dice.one(KINDS);
  try {
    const said = await within(HANG_MS, `${kind.name} ${token}`, () => kind(call), { code: 'HANG' });
    return { token, path, said, code: '' };
  } catch (error) {
    if (!isFault(error) || error.kind === 'internal' || error.code === 'HANG') throw error;
    assert.ok(printable(error.message), `${token}: ${JSON.stringify(error.message)}`);
    const { outcome, code } = error;
    const wasKilled = error instanceof ExecFault && error.details['killed'] === true;
    const isChange = kind !== reads && kind !== names;
    if (outcome === 'unknown' && isChange) await wasSent(proxy, kind === sleeps ? sleepOf(token) : token);
    return { token, path, said: wasKilled ? 'killed' : outcome, code };
  }
}

/** Nobody can have done what was never sent, so that it may not be said. */
async function wasSent(proxy: FaultyProxy, word: string): Promise<void> {
  const deadline = performance.now() + 2000; // what was written still has to be read
  while (proxy.hasSeen(word) === false) {
    assert.ok(
      performance.now() < deadline,
      `${word} was not sent, and the fault says that it may have been done`,
    );
    await turn();
  }
}

async function runs({ agent, token, path, dice }: Call, options: ExecOptions): Promise<'done'> {
  const code = dice.below(100);
  const script = 'echo once >>"$1"; echo "$2"; echo "$3" >&2; exit "$3"';
  const result = await agent.exec(['/bin/sh', '-c', script, 'sh', path, token, String(code)], options);
  assert.deepEqual(
    [result.exitCode, result.signal, result.stdout.toString(), result.stderr.toString()],
    [code, null, `${token}\n`, `${code}\n`],
  );
  return 'done';
}

async function sleeps({ agent, token }: Call): Promise<'done'> {
  const argv = ['/bin/sh', '-c', 'sleep "$1" & wait', 'sh', sleepOf(token)];
  await agent.exec(argv, { timeoutMs: 40 });
  return assert.fail(`${token} ended by itself`);
}

async function writes({ agent, token, path }: Call): Promise<'done'> {
  await agent.writeFile(path, 'once\n', { append: true });
  assert.equal(readFileSync(path, 'utf8'), 'once\n', token);
  return 'done';
}

async function reads({ agent, path }: Call): Promise<'done'> {
  assert.equal((await agent.readFile(join(path, '..', 'known'))).toString(), KNOWN);
  return 'done';
}

async function names({ agent }: Call): Promise<'done'> {
  assert.equal(await agent.hostName(), hostname());
  return 'done';
}

/** A call may still find the ruins of the storm; the one behind it stands on a connection of its own. */
async function answersAgain(agent: Agent, token: string): Promise<void> {
  const faults: string[] = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      await agent.ping({ timeoutMs: 10_000 });
      const reply = await agent.call('guest-get-host-name', undefined, { timeoutMs: 10_000 });
      assert.equal(reply.member('host-name').text(300), hostname());
      return;
    } catch (error) {
      if (!isFault(error)) throw error;
      faults.push(`${error.code}: ${error.message}`);
    }
  }
  assert.fail(`the agent is not usable again after ${token}: ${faults.join('; ')}`);
}

function printable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.length < 1500 && !/[\u0000-\u001f\u007f-\u009f]/.test(text);
}

/** What the sleeps of this process begin with. */
export const SLEEP = `300.${process.pid}0`;

/** A number of seconds that only this call's sleep has. */
export function sleepOf(token: string): string {
  return `${SLEEP}${token.replace(/\D/g, '')}`;
}

/** How often the call's effect is there. */
export function effects({ path }: Claim): number {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).length : 0;
}

/** Compares what was said with what is there, once everything has ended. */
export function checkClaims(claims: readonly Claim[]): void {
  for (const claim of claims) {
    const times = effects(claim);
    const about = `${claim.token} ${claim.said} ${claim.code}: the effect is there ${times} times`;
    assert.ok(times <= 1, about);
    if (claim.said === 'not-done') assert.ok(!existsSync(claim.path), about);
  }
}
