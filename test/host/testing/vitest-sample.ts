// Tests of a guest as somebody would write them with vitest, one of which fails on purpose. Run by vitest.test.ts.
import { guestFixture } from 'novalet/testing/vitest';
import { beforeAll, describe, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
const fixture = guestFixture({ image: 'debian', network: 'none' });

beforeAll(() => fixture.ready());

describe.concurrent('a guest', () => {
  test('fails', async (context) => {
    const guest = await fixture.fork(context);
    await guest.exec(['sh', '-c', "printf 'I am of: %s\\033[31m\\n' fails >/dev/ttyS0"]);
    context.expect(guest.name).toBe('on purpose');
  });

  test('runs out of time', { timeout: 1 }, async (context) => {
    await fixture.fork(context);
  });
});

test('the rest passes', () => {
  expect(1).toBe(1);
});
