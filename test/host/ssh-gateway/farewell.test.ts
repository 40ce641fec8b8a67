// How the gateway ends a connection: with a word to who uses it, and in bounded time.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GatewayWorld, until } from './support/gateway-world.ts';

const LIMIT = { timeout: 240_000 };
let world: GatewayWorld;
before(async () => {
  world = await GatewayWorld.open({ idleS: 4 });
});
after(async () => await world[Symbol.asyncDispose]());

test('a connection without a byte for too long is ended, and says why', LIMIT, async () => {
  const idle = world.run('ssh', ['all', 'sleep 1000']);
  const busy = world.run('ssh', ['all', 'for i in $(seq 150); do echo $i; sleep 0.1; done']);
  const { status, stderr } = await idle;
  assert.equal(status, 255);
  assert.match(stderr, /^novalet: nothing was said here for 4 s, as long as the gateway allows\r?\n/);
  assert.equal((await busy).status, 0);
});

test('a client that does not read is not waited for when the gateway closes', LIMIT, async () => {
  const before = world.reach.pids.size;
  const { spawn } = await import('node:child_process');
  const client = spawn('ssh', ['-F', world.config, 'all', 'yes'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await until(() => world.reach.pids.size > before && client.stdout.readableLength > 0);
  client.kill('SIGSTOP');
  await world.gateway.close(100);
  assert.deepEqual([client.exitCode, client.signalCode], [null, null]); // it stands still
  client.kill('SIGKILL');
});
