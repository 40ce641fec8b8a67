// Programs as jobs, and detached jobs, over a wire on which everything goes wrong.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { isFault, within } from '../../../src/base/index.ts';
import { Agent, AgentRoad, socketOpener } from '../../../src/guest/index.ts';
import { FaultyProxy } from '../../fakes/faulty-proxy.ts';
import { Dice } from '../../fakes/lies.ts';
import { RootAgent } from '../../fakes/root-agent.ts';
import { type Claim, checkClaims } from './storm.ts';

const SEEDS = process.env['NOVALET_TEST_LONG'] === '1' ? 1000 : 100;
/** To repeat one that failed. */
const FIRST_SEED = Number(process.env['NOVALET_TEST_SEED'] ?? 1);
const PLACES = 8;
const HANG_MS = 240_000;
const peer = 'the agent of t';
const SCRIPT = 'echo once >>"$1"; echo "$2"; echo "$3" >&2; exit "$3"';

interface Call {
  readonly road: AgentRoad;
  readonly proxy: FaultyProxy;
  readonly argv: readonly string[];
  readonly expected: readonly unknown[];
}

test('a program or job over a broken wire runs once at most, and its streams and end are its own', {
  timeout: 1_800_000,
}, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'novalet-faulty-jobs-'));
  const claims: Claim[] = [];
  let next = FIRST_SEED;
  const work = async (at: number) => {
    await using program = await RootAgent.start({ shell: '/bin/dash' }); // with a /run of its own
    const listen = join(folder, `${at}.sock`);
    await using proxy = await FaultyProxy.listen({ listen, upstream: program.socket });
    while (next < FIRST_SEED + SEEDS) {
      const seed = next;
      next += 1;
      claims.push(await storm(proxy, seed, join(folder, `t${seed}`)));
    }
    await sweep(program);
  };
  const works = await Promise.allSettled(Array.from({ length: PLACES }, (_, at) => work(at)));
  for (const result of works) if (result.status === 'rejected') throw result.reason;
  checkClaims(claims);
  rmSync(folder, { recursive: true });
  const of = (said: Claim['said']) => claims.filter((claim) => claim.said === said).length;
  context.diagnostic(
    `${SEEDS} seeds: ${of('done')} done, ${of('not-done')} not done, ${of('unknown')} unknown`,
  );
  assert.ok(of('done') > 0 && of('unknown') + of('not-done') > 0);
});

/** Those whose caller never came to know of them wait for him in the guest: all that is in this agent's mount namespace. */
const SWEEP = `
mine=$(readlink /proc/self/ns/mnt)
for entry in /proc/[0-9]*; do
  pid=\${entry#/proc/}
  [ "$pid" != "$$" ] && [ "$pid" != "$PPID" ] && [ "$(readlink "$entry/ns/mnt")" = "$mine" ] && kill -KILL "$pid"
done 2>/dev/null
exit 0`;

async function sweep(program: RootAgent): Promise<void> {
  await using agent = new Agent({ peer, open: socketOpener(program.socket, { peer, timeoutMs: 60_000 }) });
  assert.equal((await agent.exec(['/bin/sh', '-c', SWEEP])).exitCode, 0);
}

async function storm(proxy: FaultyProxy, seed: number, path: string): Promise<Claim> {
  const dice = new Dice(seed);
  const open = socketOpener(proxy.path, { peer, timeoutMs: 1000 });
  const breaker = { firstPauseMs: 0, longestPauseMs: 0 };
  await using agent = new Agent({ peer, open, requestTimeoutMs: 500, breaker });
  const code = dice.below(100);
  const token = `t${seed}`;
  const call: Call = {
    road: new AgentRoad(agent),
    proxy,
    argv: ['/bin/sh', '-c', SCRIPT, 'x', path, token, String(code)],
    expected: [`${token}\n`, `${code}\n`, { exitCode: code, signal: null }],
  };
  proxy.rage(dice, 0.002 + dice.fraction() * 0.04);
  const kind = dice.one([streams, detached]);
  try {
    await within(HANG_MS, `${kind.name} of seed ${seed}`, () => kind(call), { code: 'HANG' });
    return { token, path, said: 'done', code: '' };
  } catch (failure) {
    // Where letting go of the process failed too, what came first says what became of the program.
    const isBoth = failure instanceof SuppressedError;
    const error = isBoth ? failure.suppressed : failure;
    if (
      !isFault(error) ||
      error.kind === 'internal' ||
      error.code === 'HANG' ||
      (isBoth && !isFault(failure.error))
    )
      throw new Error(`seed ${seed}: ${String(failure)}`, { cause: failure });
    return { token, path, said: error.outcome, code: error.code };
  } finally {
    proxy.calm();
  }
}

async function streams({ road, argv, expected }: Call): Promise<void> {
  await using process = await road.spawn({ argv });
  const all = await Promise.all([textOf(process.stdout), textOf(process.stderr), process.ended]);
  assert.deepEqual(all, expected);
}

/** Started in the storm, read after it. */
async function detached({ road, proxy, argv, expected }: Call): Promise<void> {
  const { jobs } = road;
  const { id } = await jobs.start({ argv });
  proxy.calm();
  const end = await jobs.wait(id);
  const texts = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    const pieces: Buffer[] = [];
    for await (const piece of jobs.output(id, { stream })) pieces.push(piece);
    texts.push(Buffer.concat(pieces).toString());
  }
  assert.deepEqual([...texts, end], expected);
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  return (await buffer(stream)).toString();
}
