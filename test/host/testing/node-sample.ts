// Tests of a guest as somebody would write them with node:test, some of which fail on purpose. Run by node.test.ts.
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { guestFixture } from 'novalet/testing/node';

const BLOCK = 1024 * 1024;

const fixture = guestFixture({
  image: 'minimal',
  network: 'none',
  tags: ['sample'],
  prepare: async (guest) => {
    const script = `printf prepared | dd of=/dev/vda bs=${BLOCK} seek=2 conv=notrunc 2>/dev/null && sync`;
    const { exitCode } = await guest.exec(['sh', '-c', script]);
    assert.equal(exitCode, 0);
  },
});

before(() => fixture.ready());

async function forked(t: TestContext) {
  const guest = await fixture.fork(t);
  await guest.exec(['sh', '-c', `printf 'I am of: %s\\033[31m\\n' "$1" >/dev/ttyS0`, 'sh', t.name]);
  return guest;
}

describe('a guest', { concurrency: true }, () => {
  test('passes', async (t) => {
    await using guest = await forked(t);
    const { stdout } = await guest.exec([
      'sh',
      '-c',
      `dd if=/dev/vda bs=${BLOCK} skip=2 count=1 2>/dev/null | head -c 8`,
    ]);
    assert.equal(stdout, 'prepared');
    assert.match(guest.name, /^node-sample-[0-9a-f]{8}-\d$/);
    await guest.change({ addTags: ['changed'] });
    await guest.lock(); // it is thrown away all the same
  });

  test('fails', async (t) => {
    const { exitCode } = await (await forked(t)).exec(['false']);
    assert.equal(exitCode, 0, 'on purpose');
  });

  const cancelling = new AbortController();
  test('is cancelled', { signal: cancelling.signal }, async (t) => {
    const guest = await forked(t);
    cancelling.abort();
    await guest.exec(['sleep', '600']);
  });

  test('fails inside', async (t) => {
    const guest = await forked(t);
    await t.test('a part', async (part) => {
      await guest.stop({ force: true });
      const own = await fixture.fork(part);
      assert.notEqual(own.id, guest.id);
      assert.fail('on purpose');
    });
  });
});
