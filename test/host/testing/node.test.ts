// The fixture with node:test: files of tests that are run in processes of their own, with real guests.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GuestFixture } from '../../../src/testing/index.ts';
import { KEPT_TAG } from '../../../src/testing/owner.ts';
import { World } from '../support/world.ts';
import { runNodeTests } from './run-sample.ts';

const BOUND = { timeout: 420_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
before(async () => {
  await world.minimalImage('debian'); // as the example calls it
  await world.minimalImage();
});

const results = join(world.stateDir, 'results');

async function names(): Promise<readonly string[]> {
  return (await (await world.compute()).list()).map(({ instance }) => instance.name);
}

/** The diagnostics of a test: the comments behind its result. */
function toldOf(tap: string, test: string): string {
  return (
    new RegExp(`ok \\d+ - ${test}\\n(?: *---\\n[\\s\\S]*?\\.\\.\\.\\n)?((?: *#.*\\n)*)`).exec(tap)?.[1] ?? ''
  );
}

test('the example of the page passes, and leaves neither a guest nor evidence', BOUND, async () => {
  const { status, stdout, stderr } = await runNodeTests(world, 'test/examples/guest-node.test.ts');
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^# pass 2$/m);
  assert.deepEqual(await names(), []);
  await assert.rejects(readdir(results), { code: 'ENOENT' });
});

test(
  'each failed test leaves its guest’s console and screen as files, and its result names them',
  BOUND,
  async () => {
    const { status, stdout, stderr } = await runNodeTests(world, 'test/host/testing/node-sample.ts');
    assert.equal(status, 1, stdout + stderr);
    assert.match(stdout, /^ +ok \d - passes$/m);
    const place = join(results, 'test', 'host', 'testing', 'node-sample.ts');
    const files = ['guest.console.log', 'guest.screen.png'];
    const failed = ['fails', 'fails-inside', 'fails-inside-a-part', 'is-cancelled'];
    assert.deepEqual(
      (await readdir(place)).sort(),
      failed.map((name) => `a-guest-${name}`),
    );
    assert.deepEqual((await readdir(join(place, 'a-guest-fails-inside-a-part'))).sort(), files);
    for (const name of ['fails', 'is cancelled', 'fails inside']) {
      const directory = join(place, `a-guest-${name.replaceAll(' ', '-')}`);
      const isOff = name === 'fails inside'; // it switched its guest off
      assert.deepEqual((await readdir(directory)).sort(), isOff ? files.slice(0, 1) : files);
      const log = await readFile(join(directory, 'guest.console.log'), 'latin1');
      assert.ok(log.includes(`I am of: ${name}\u001b[31m`), 'all that the guest wrote');
      assert.match(stdout, new RegExp(`^ +not ok \\d - ${name}$`, 'm'));
      const told = toldOf(stdout, name);
      assert.ok(told.includes(`# console log: ${join(directory, 'guest.console.log')}`), stdout);
      assert.match(told, new RegExp(`# {3}\\| .*I am of: ${name}\n`));
      assert.ok(
        told.includes(isOff ? '# no screenshot: ' : `# screenshot: ${join(directory, 'guest.screen.png')}`),
        told,
      );
      if (isOff) continue;
      const png = await readFile(join(directory, 'guest.screen.png'));
      assert.equal(png.subarray(1, 4).toString('latin1'), 'PNG');
    }
    assert.ok(!stdout.includes('\u001b'), 'nothing of the guest acts on the terminal');
    assert.deepEqual(await names(), []);
  },
);

test(
  'a guest that never gets ready leaves its evidence once, and stays where it is to be kept',
  BOUND,
  async () => {
    const keep = { NOVALET_TEST_KEEP: '1' };
    const { status, stdout, stderr } = await runNodeTests(world, 'test/host/testing/stuck-sample.ts', keep);
    assert.equal(status, 1, stdout + stderr);
    const log = join(results, 'test', 'host', 'testing', 'stuck-sample.ts', 'launch', 'guest.console.log');
    for (const name of ['one', 'another']) {
      const told = toldOf(stdout, name);
      assert.ok(told.includes(`# console log: ${log}\n`), stdout);
      assert.match(told, /# kept: novalet console stuck-sample-[0-9a-f]{8}; /);
    }
    const compute = await world.compute();
    await using next = new GuestFixture({ image: 'no-such-image', host: { configFile: world.configFile } });
    await assert.rejects(next.ready('/other.test.ts'), { code: 'IMAGE_NOT_FOUND' });
    const [kept] = await compute.list();
    assert.deepEqual(kept?.instance.tags, [KEPT_TAG]);
    assert.equal(kept?.powerState, 'RUNNING');
  },
);
