// Tests of a guest that never gets ready. Run by node.test.ts.
import { test } from 'node:test';
import { guestFixture } from 'novalet/testing/node';

const fixture = guestFixture({
  image: 'minimal',
  network: 'none',
  prepare: async (guest) => {
    await guest.exec(['sh', '-c', 'echo nothing can be installed >/dev/ttyS0']);
    throw new Error('on purpose');
  },
});

test('one', async (t) => {
  await fixture.fork(t);
});

test('another', async (t) => {
  await fixture.fork(t);
});
