import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestFixture } from 'novalet/testing/node';

const fixture = guestFixture({ image: 'debian', flavor: 'm1.tiny' });

test('a message of the day can be written', async (t) => {
  const guest = await fixture.fork(t);
  const files = await guest.files();
  await files.write('/tmp/motd', 'Welcome\n');
  const { stdout } = await guest.exec(['cat', '/tmp/motd']);
  assert.equal(stdout, 'Welcome\n');
});

test('no test sees what another one did', async (t) => {
  const guest = await fixture.fork(t);
  const files = await guest.files();
  assert.equal(await files.exists('/tmp/motd'), false);
});
