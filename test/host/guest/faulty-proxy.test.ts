// The bridge against the real qemu-ga behind a wire on which everything goes wrong: many seeds, each with its own mishaps.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { errnoCode } from '../../../src/base/index.ts';
import { AgentProgram } from '../../fakes/agent-program.ts';
import { FaultyProxy } from '../../fakes/faulty-proxy.ts';
import { MostHeld } from '../../support/held-bytes.ts';
import { type Claim, checkClaims, KNOWN, type Place, SLEEP, sleepOf, storm } from './storm.ts';

const SEEDS = process.env['NOVALET_TEST_LONG'] === '1' ? 10_000 : 300;
/** To repeat one that failed. */
const FIRST_SEED = Number(process.env['NOVALET_TEST_SEED'] ?? 1);
const PLACES = 12;
const MIB = 1024 * 1024;
/** What was killed has died by then, on any host. */
const END_MS = 60_000;

test('whatever happens on the wire, a result is the true one, and a fault says what is known', async (context) => {
  await using places = new AsyncDisposableStack();
  const claims: Claim[] = [];
  const mishaps = new Map<string, number>();
  let next = FIRST_SEED;
  const held = new MostHeld();
  const work = async () => {
    const place = await placeIn(places);
    while (next < FIRST_SEED + SEEDS) {
      const seed = next;
      next += 1;
      try {
        claims.push(...(await storm(place, seed)));
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
      held.look();
    }
    for (const [name, count] of place.proxy.counts) mishaps.set(name, (mishaps.get(name) ?? 0) + count);
    await endsAll(place.program, claims);
  };
  await allOf(Array.from({ length: PLACES }, work));
  checkClaims(claims);
  await noOrphans(claims);
  const of = (said: Claim['said']) => claims.filter((claim) => claim.said === said).length;
  context.diagnostic(
    `${SEEDS} seeds, ${claims.length} calls: ${of('done')} done, ${of('not-done')} not done, ${of('unknown')} unknown, ${of('killed')} killed; at most ${Math.round(held.bytes / MIB)} MiB held`,
  );
  context.diagnostic(JSON.stringify(Object.fromEntries(mishaps)));
  for (const said of ['done', 'not-done', 'unknown', 'killed'] as const) assert.ok(of(said) > 0, said);
  assert.ok(held.bytes < 128 * MIB, `${held.bytes} bytes`);
});

/** As Promise.all, but only when nobody works any more: the world is taken down behind it. */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason;
}

async function placeIn(places: AsyncDisposableStack): Promise<Place> {
  const program = places.use(await AgentProgram.start());
  writeFileSync(join(program.folder, 'known'), KNOWN);
  const listen = join(program.folder, 'faulty.sock');
  return { program, proxy: places.use(await FaultyProxy.listen({ listen, upstream: program.path })) };
}

/** Everything that the agent started ends, once what was not said to be over has been killed. */
async function endsAll({ pid }: AgentProgram, claims: readonly Claim[]): Promise<void> {
  const over = new Set(claims.filter(({ said }) => said !== 'unknown').map(({ token }) => sleepOf(token)));
  const deadline = performance.now() + END_MS;
  for (;;) {
    const left = offspring(pid);
    if (left.length === 0) return;
    for (const child of left) {
      const words = wordsOf(child);
      const seconds = words.find((word) => word.startsWith(SLEEP));
      // What was said to be over has been killed, and dies without us, in its time.
      if (seconds !== undefined && !over.has(seconds)) kill(child);
    }
    assert.ok(
      performance.now() < deadline,
      `${left.map((child) => wordsOf(child).join(' ')).join('; ')} goes on`,
    );
    await turn();
  }
}

/** The processes below one; those that left it are nobody's here, and would show by their words. */
function offspring(pid: number): number[] {
  const children = textOf(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [...children, ...children.flatMap(offspring)];
}

function wordsOf(pid: number): string[] {
  return textOf(`/proc/${pid}/cmdline`).split('\0');
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ESRCH') return '';
    throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errnoCode(error) !== 'ESRCH') throw error;
  }
}

/** Nothing that was said to be over goes on without its parents. */
async function noOrphans(claims: readonly Claim[]): Promise<void> {
  const deadline = performance.now() + END_MS;
  for (;;) {
    const left = orphans(claims);
    if (left.length === 0) return;
    assert.ok(performance.now() < deadline, `${left.join('; ')} goes on`);
    await turn();
  }
}

/** Sleeps of ours that have lost their parents and go on; those whose killing failed by their own word are killed here. */
function orphans(claims: readonly Claim[]): string[] {
  const saids = new Map(claims.map(({ token, said }) => [sleepOf(token), said]));
  const left: string[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const seconds = wordsOf(Number(entry)).find((word) => word.startsWith(SLEEP));
    const said = seconds === undefined ? undefined : saids.get(seconds);
    if (said === undefined) continue;
    if (said === 'unknown') kill(Number(entry));
    else left.push(`${seconds} (${said})`);
  }
  return left;
}
