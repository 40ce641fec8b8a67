// What is left when the process of the tests is killed, which can do nothing more about it: nothing, by the reaper; and where
// the reaper was killed too, nothing after the next run has begun.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { delay, errnoCode } from '../../../src/base/index.ts';
import { GuestFixture } from '../../../src/testing/index.ts';
import { ownerTag, ownTestOwner, readOwnerTag } from '../../../src/testing/owner.ts';
import { runCommand } from '../support/run-command.ts';
import { PACKAGE, World } from '../support/world.ts';
import { NODE_FLAGS, sampleEnv } from './run-sample.ts';

const BOUND = { timeout: 420_000 };
const LOOK_MS = 50;
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
before(() => world.minimalImage());

interface Sample extends AsyncDisposable {
  readonly pid: number;
  /** Waits until it has said a line that begins with `word`; gives the rest. */
  said(word: string): Promise<string>;
  kill(): Promise<void>;
}

function startSample(env: Readonly<Record<string, string>> = {}): Sample {
  const words = [...NODE_FLAGS, 'test/host/testing/killed-sample.ts'];
  const child: ChildProcess = spawn(process.execPath, words, {
    cwd: PACKAGE,
    env: sampleEnv(world, env),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { stdout, pid } = child;
  assert.ok(stdout !== null && pid !== undefined);
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  const ended = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    pid,
    said: async (word) => {
      for (;;) {
        const { done, value } = await lines.next();
        assert.ok(done !== true, `it ended before it said "${word}"`);
        if (value.startsWith(`${word} `)) return value.slice(word.length + 1);
      }
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

/** With a template of its own. */
const PREPARES = { SAMPLE_PREPARES: '1' };

async function templates(): Promise<readonly string[]> {
  return (await (await world.compute()).templates.list()).map(({ template }) => template.name);
}

async function instances() {
  return (await (await world.compute()).list()).map(({ instance }) => instance);
}

/** The process that watches `pid`, by the tag on its command line. */
async function reaperOf(pid: number): Promise<number | undefined> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await commandLine(name)).split('\0');
    const tag = words.find((word) => word.startsWith('--tag='))?.slice('--tag='.length);
    if (tag !== undefined && readOwnerTag(tag)?.pid === pid) return Number(name);
  }
  return undefined;
}

async function commandLine(pid: string): Promise<string> {
  try {
    return await readFile(join('/proc', pid, 'cmdline'), 'latin1');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ESRCH') return ''; // it ended meanwhile
    throw error;
  }
}

async function untilGone(pid: number): Promise<void> {
  while ((await reaperOf(pid)) !== undefined) await delay(LOOK_MS); // bounded by the test
}

test(
  'all guests of a process that is killed go, a moment later, and their template and its reaper with them',
  BOUND,
  async () => {
    await using sample = startSample(PREPARES);
    const name = await sample.said('forked');
    assert.deepEqual(
      (await instances()).map((one) => one.name),
      [name],
    );
    assert.equal((await templates()).length, 1);
    assert.ok((await reaperOf(sample.pid)) !== undefined);
    await sample.kill();
    await untilGone(sample.pid);
    assert.deepEqual(await instances(), []);
    assert.deepEqual(await templates(), []);
    assert.deepEqual((await world.snapshot())['domains'], []);
    await assert.rejects(readFile(join(world.stateDir, 'results', 'reaper.log')), { code: 'ENOENT' });
  },
);

test(
  'where the reaper was killed too, the next run removes what was left, and nothing else',
  BOUND,
  async () => {
    const compute = await world.compute();
    const { id } = await compute.launch({
      image: 'minimal',
      name: 'somebodys',
      network: 'none',
      tags: ['novalet-test'],
    });
    const left = await leaveBehind();
    await using living = startSample();
    const staying = ['somebodys', await living.said('forked')];
    assert.deepEqual(await stillThere(left), []);
    assert.deepEqual(await stillThere(staying), staying);
    const [shared] = await templates();
    assert.match(shared ?? '', /^test-[0-9a-f]{16}$/); // and none of who was killed
    await using fixture = new GuestFixture({
      image: 'no-such-image',
      host: { configFile: world.configFile },
      results: join(world.stateDir, 'results'),
    });
    await assert.rejects(fixture.ready('/other.test.ts'), { code: 'IMAGE_NOT_FOUND' });
    assert.deepEqual(await stillThere(staying), staying, 'what belongs to a process that lives stays');
    await living.kill();
    await untilGone(living.pid);
    assert.deepEqual(
      (await instances()).map(({ name }) => name),
      ['somebodys'],
    );
    assert.deepEqual(await templates(), [shared], 'others may want it');
    await compute.delete(id);
  },
);

/** Those of the names that instances have. */
async function stillThere(names: readonly string[]): Promise<readonly string[]> {
  const all = (await instances()).map(({ name }) => name);
  return names.filter((name) => all.includes(name));
}

/** Kills a reaper, then the process that it watched. Gives what is left of it. */
async function leaveBehind(): Promise<readonly string[]> {
  await using doomed = startSample(PREPARES);
  const name = await doomed.said('forked');
  const reaper = await reaperOf(doomed.pid);
  assert.ok(reaper !== undefined);
  process.kill(reaper, 'SIGKILL');
  await untilGone(doomed.pid);
  await doomed.kill();
  assert.deepEqual(
    (await instances()).map((one) => one.name).filter((each) => each === name),
    [name],
  );
  assert.equal((await templates()).length, 1);
  return [name];
}

test('what the reaper cannot do is in a file, since nobody is left to be told', BOUND, async () => {
  const log = join(world.stateDir, 'evidence', 'reaper.log');
  const tag = ownerTag({ ...ownTestOwner(), startTime: '1' }, '00000000'); // nobody's who lives
  const words = [`--tag=${tag}`, `--log=${log}`, `--config=${world.stateDir}/none.yaml`];
  const reaper = join(PACKAGE, 'src', 'testing', 'reaper.ts');
  const { status } = await runCommand(process.execPath, [...NODE_FLAGS, reaper, ...words], { stdin: '' });
  assert.equal(status, 1);
  const told = await readFile(log, 'utf8');
  assert.ok(told.includes(tag) && told.includes('CONFIG_NOT_FOUND'), told);
});
