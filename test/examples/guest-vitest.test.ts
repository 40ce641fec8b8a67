import { guestFixture } from 'novalet/testing/vitest';
import { expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 600_000 }); // a guest boots in it
const fixture = guestFixture({ image: 'debian', flavor: 'm1.tiny' });

test('a message of the day can be written', async (context) => {
  const guest = await fixture.fork(context);
  const files = await guest.files();
  await files.write('/tmp/motd', 'Welcome\n');
  const { stdout } = await guest.exec(['cat', '/tmp/motd']);
  expect(stdout).toBe('Welcome\n');
});

test('no test sees what another one did', async (context) => {
  const guest = await fixture.fork(context);
  const files = await guest.files();
  expect(await files.exists('/tmp/motd')).toBe(false);
});
