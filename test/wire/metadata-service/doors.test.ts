import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dial, drain, exchange, lastGet, openService } from './support.ts';

const elsewhere = { host: '127.0.0.2', port: 0 };

test('a door may be opened later, and shut again while the others stay', async () => {
  await using opened = await openService();
  const { service } = opened;
  assert.equal(service.isOpen(elsewhere), false);
  await service.open(elsewhere);
  await service.open(elsewhere);
  assert.equal(service.isOpen(elsewhere), true);
  assert.deepEqual(
    service.addresses.map(({ host }) => host),
    ['127.0.0.1', '127.0.0.2'],
  );
  await service.shut(elsewhere, 0);
  await service.shut(elsewhere, 0);
  assert.deepEqual(
    service.addresses.map(({ host }) => host),
    ['127.0.0.1'],
  );
  assert.match(await exchange(opened.port, lastGet('/latest/meta-data/instance-id')), /^HTTP\/1\.1 200 /);
});

test('who is connected when its door is shut is let go', async () => {
  await using opened = await openService();
  const socket = await dial(opened.port);
  socket.write('GET /latest HTTP/1.1\r\n'); // never whole
  await opened.service.shut({ host: '127.0.0.1', port: 0 }, 0);
  assert.doesNotMatch(await drain(socket), /200/);
  assert.deepEqual(opened.service.addresses, []);
});

test('a door that cannot be opened leaves the others, and is not open', async () => {
  await using opened = await openService();
  const { service, port } = opened;
  const taken = { host: '127.0.0.1', port };
  await assert.rejects(service.open(taken), { code: 'METADATA_LISTEN_FAILED' });
  assert.equal(service.isOpen(taken), false);
  assert.equal(service.addresses.length, 1);
});
