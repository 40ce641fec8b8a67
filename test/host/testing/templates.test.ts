// Forks that go on from memory: what test files share, what each has alone, and what becomes of a fork where that cannot be.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Compute } from '../../../src/compute/index.ts';
import { type FixtureOptions, GuestFixture, type RunningTest } from '../../../src/testing/index.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 420_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());

let compute: Compute;
before(async () => {
  await world.minimalImage();
  compute = await world.compute();
});

function fixtureOf(options: Partial<FixtureOptions>): GuestFixture {
  return new GuestFixture({
    image: 'minimal',
    network: 'none',
    host: { configFile: world.configFile },
    results: join(world.stateDir, 'results'),
    ...options,
  });
}

function running(t: TestContext, file = '/one.test.ts'): RunningTest {
  return {
    file,
    name: t.name,
    signal: t.signal,
    atEnd: () => undefined, // each test closes its fixture
    tell: (line) => t.diagnostic(line),
  };
}

async function templates() {
  return (await compute.templates.list()).map(({ template }) => template);
}

async function templateOf(id: string): Promise<string | undefined> {
  return (await compute.show(id)).instance.templateId;
}

test('files that ask for the same guest share one template, which stays for the next', BOUND, async (t) => {
  await using one = fixtureOf({ tags: ['one'] });
  await using other = fixtureOf({ tags: ['other'] });
  const [first, second] = await Promise.all([one.fork(running(t)), other.fork(running(t, '/other.test.ts'))]);
  const [shared, ...rest] = await templates();
  assert.match(shared?.name ?? '', /^test-[0-9a-f]{16}$/);
  assert.deepEqual(rest, []);
  assert.deepEqual([await templateOf(first.id), await templateOf(second.id)], [shared?.id, shared?.id]);
  const names = await Promise.all([first, second].map((guest) => guest.exec(['hostname'])));
  assert.deepEqual(
    names.map(({ stdout }) => stdout.trim()),
    [first.name, second.name],
  );
  const views = await compute.list();
  assert.equal(views.length, 2, 'no guest is left that they were made of');
  assert.ok(views.some(({ instance }) => instance.tags.includes('one')));
  for (const guest of [first, second]) await guest.delete();
  await Promise.all([one.close(), other.close()]);
  await using next = fixtureOf({});
  await next.ready('/next.test.ts');
  assert.deepEqual(await templates(), [shared]);
});

test(
  'what `prepare` did in memory is in each fork, and its template goes with the fixture',
  BOUND,
  async (t) => {
    const shared = await templates();
    await using fixture = fixtureOf({
      prepare: async (guest) => {
        const { exitCode } = await guest.exec(['sh', '-c', 'echo ready >/run/prepared']); // no disk has that
        assert.equal(exitCode, 0);
      },
    });
    const guests = await Promise.all([fixture.fork(running(t)), fixture.fork(running(t))]);
    for (const guest of guests) assert.equal((await guest.exec(['cat', '/run/prepared'])).stdout, 'ready\n');
    assert.equal((await templates()).length, shared.length + 1);
    await fixture.close();
    assert.deepEqual(await templates(), shared);
    assert.deepEqual(await compute.list(), []);
  },
);

test('a fork that cannot go on from memory boots, with a warning that says why', BOUND, async (t) => {
  await using fixture = fixtureOf({});
  await fixture.ready('/one.test.ts');
  const [shared] = await templates();
  const memory = join(world.stateDir, 'state', 'templates', shared?.id ?? '', 'memory');
  await chmod(memory, 0o600);
  await writeFile(memory, 'nothing of the kind');
  const warned = once(process, 'warning');
  const guest = await fixture.fork(running(t));
  assert.equal((await guest.exec(['echo', 'there'])).stdout, 'there\n');
  const [warning] = await warned;
  assert.match(String(warning), /boots, since it cannot go on from memory: .*\(TEMPLATE_MEMORY_UNREADABLE\)/);
});

test('where no template can be made, forks boot from copies of a guest that is off', BOUND, async (t) => {
  const before = await templates();
  await using fixture = fixtureOf({ prepare: async ({ name }) => await spoil(name) });
  const warned = once(process, 'warning');
  const guest = await fixture.fork(running(t));
  const [warning] = await warned;
  assert.match(String(warning), /no template can be made of it: .*\([A-Z_]+\)/);
  assert.equal(await templateOf(guest.id), undefined);
  assert.equal((await guest.exec(['echo', 'there'])).stdout, 'there\n');
  assert.deepEqual(await templates(), before);
});

/** Has a disk beside its own, which no template may have. */
async function spoil(name: string): Promise<void> {
  await compute.disks.attach(name, { source: { kind: 'new', sizeBytes: 1024 * 1024 } });
}
