// What the gateway has recorded of channels that last, should it be killed in the middle.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { GatewayWorld, until } from './support/gateway-world.ts';

const LIMIT = { timeout: 60_000 };

test('a command that lasts is recorded before its end, and at its end by the same word', LIMIT, async () => {
  await using world = await GatewayWorld.open({}, 20);
  const long = world.run('ssh', ['all', 'sleep 1000']);
  await until(() => world.records.length === 1);
  await world.gateway.close(0);
  await long;
  await until(() => world.records.length === 2);
  const [started, over] = world.records;
  assert.deepEqual([started?.outcome, started?.what, started?.target], ['started', 'exec', 'sleep']);
  assert.deepEqual([started?.exitCode, started?.bytesIn, started?.guestUser], [null, null, 'root']);
  assert.notEqual(over?.outcome, 'started');
  assert.ok(started?.reach !== undefined && started.reach === over?.reach);
});

test('a forwarded connection that lasts is recorded before its end, too', LIMIT, async () => {
  await using world = await GatewayWorld.open({}, 20);
  await using server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const long = world.run('ssh', ['-W', `127.0.0.1:${address.port}`, 'all'], { when: 'never' });
  await until(() => world.records.length === 1);
  await world.gateway.close(0);
  await long;
  await until(() => world.records.length === 2);
  const [started, over] = world.records;
  assert.deepEqual([started?.outcome, started?.what], ['started', 'connect']);
  assert.ok(started?.reach !== undefined && started.reach === over?.reach);
});

test('what is over before that has one record', LIMIT, async () => {
  await using world = await GatewayWorld.open();
  await world.run('ssh', ['all', 'true']);
  await until(() => world.records.length > 0);
  const [only, ...more] = world.records;
  assert.deepEqual([only?.outcome, only?.reach, more], ['ok', undefined, []]);
});
