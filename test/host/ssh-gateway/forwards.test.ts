// Forwarded connections by stock ssh: -L, -D, -W, -R, unix sockets both ways.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { GatewayWorld } from './support/gateway-world.ts';

const LIMIT = { timeout: 240_000 };

let world: GatewayWorld;
let echo: Server;
before(async () => {
  world = await GatewayWorld.open();
  echo = createServer({ allowHalfOpen: true }, async (socket) => {
    const said = await text(socket); // answers only after the other side has ended: both halves are needed
    socket.end(`you said ${said}`);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
});
after(async () => {
  echo.close();
  await world[Symbol.asyncDispose]();
});

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

async function say(where: number | string, words: string): Promise<string> {
  const options = typeof where === 'number' ? { port: where, host: '127.0.0.1' } : { path: where };
  const socket = connect({ ...options, allowHalfOpen: true });
  socket.end(words);
  return await text(socket);
}

/** A client that only forwards; killed at the end. */
async function forwarding(args: readonly string[], isUp: () => Promise<boolean>): Promise<AsyncDisposable> {
  const client: ChildProcess = spawn('ssh', [
    '-F',
    world.config,
    '-N',
    '-o',
    'ExitOnForwardFailure=yes',
    ...args,
  ]);
  let wasHere = false;
  while (!wasHere) {
    assert.equal(client.exitCode, null, 'the client ended early');
    await new Promise((resolve) => setTimeout(resolve, 10)); // between two looks
    wasHere = await isUp();
  }
  return {
    [Symbol.asyncDispose]: async () => {
      const gone = once(client, 'exit');
      client.kill();
      await gone;
    },
  };
}

/** Whether somebody listens there, at a port or a path: the file of a socket may be there before. */
async function answers(where: number | string): Promise<boolean> {
  const socket = typeof where === 'number' ? connect({ port: where, host: '127.0.0.1' }) : connect(where);
  return await new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => setTimeout(() => resolve(false), 10));
  }).then((isUp) => {
    socket.destroy();
    return isUp === true;
  });
}

test('-L reaches a port inside the guest, each direction ending by itself', LIMIT, async () => {
  const port = await freePort();
  await using _client = await forwarding([`-L${port}:127.0.0.1:${portOf(echo)}`, 'all'], () => answers(port));
  assert.equal(await say(port, 'hello'), 'you said hello');
  const large = 'x'.repeat(3_000_000);
  assert.equal((await say(port, large)).length, large.length + 'you said '.length);
});

test('-L reaches a unix socket inside the guest', LIMIT, async () => {
  const inside = join(world.folder, 'inside.sock');
  const outside = join(world.folder, 'outside.sock');
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // who only looks whether somebody answers leaves first
    socket.end('from inside');
  }).listen(inside);
  await once(server, 'listening');
  await using _client = await forwarding([`-L${outside}:${inside}`, 'all'], () => answers(outside));
  assert.equal(await say(outside, ''), 'from inside');
  server.close();
});

test('-D is a SOCKS proxy into the guest', LIMIT, async () => {
  const port = await freePort();
  const web = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nfrom the guest'));
  }).listen(0, '127.0.0.1');
  await once(web, 'listening');
  await using _client = await forwarding([`-D${port}`, 'all'], () => answers(port));
  const curl = ['-sS', '--socks5-hostname', `127.0.0.1:${port}`, `http://127.0.0.1:${portOf(web)}/`];
  assert.equal((await world.run('curl', curl)).stdout, 'from the guest');
  web.close();
});

test('-W and ProxyJump lead through the guest', LIMIT, async () => {
  const direct = await world.run('ssh', ['-W', `127.0.0.1:${portOf(echo)}`, 'all'], { input: 'stdio' });
  assert.equal(direct.stdout, 'you said stdio');
  const proxy = `ProxyCommand=ssh -F ${world.config} -W %h:%p all`;
  const jumped = await world.run('ssh', ['-o', proxy, 'guest-1@all', 'echo behind']);
  assert.equal(jumped.stdout, 'behind\n');
});

test(
  '-R leads from the guest to the client, with a port that the guest chose, and cancels it',
  LIMIT,
  async () => {
    const control = `ControlPath=${world.folder}/cm-r`;
    await world.run('ssh', ['-o', control, '-MNf', 'all']);
    const target = `127.0.0.1:${portOf(echo)}`;
    const asked = await world.run('ssh', ['-o', control, '-O', 'forward', `-R0:${target}`, 'all']);
    const port = Number(asked.stdout);
    assert.ok(port > 0);
    assert.equal(await say(port, 'back'), 'you said back');
    const known = await freePort();
    await world.run('ssh', ['-o', control, '-O', 'forward', `-R${known}:${target}`, 'all']);
    assert.equal(await say(known, 'again'), 'you said again');
    await world.run('ssh', ['-o', control, '-O', 'cancel', `-R${known}:${target}`, 'all']);
    while (await answers(known)); // the client does not wait for the gateway's answer
    await world.run('ssh', ['-o', control, '-O', 'exit', 'all']);
  },
);

test('-R of a unix socket leads from the guest to the client', LIMIT, async () => {
  const inside = join(world.folder, 'remote.sock');
  const forward = [`-R${inside}:127.0.0.1:${portOf(echo)}`, 'all'];
  await using _client = await forwarding(forward, () => answers(inside));
  assert.equal(await say(inside, 'unix'), 'you said unix');
});

test('listeners in the guest end with their client', LIMIT, async () => {
  const port = await freePort();
  const client = await forwarding([`-R${port}:127.0.0.1:${portOf(echo)}`, 'all'], () => answers(port));
  await client[Symbol.asyncDispose]();
  while (await answers(port));
});

test('a port that nobody listens on, and a login without forward, are refused', LIMIT, async () => {
  const nobody = await world.run('ssh', ['-W', `127.0.0.1:${await freePort()}`, 'all']);
  assert.equal(nobody.status, 255);
  assert.match(nobody.stderr, /stdio forwarding failed/);
  const denied = await world.run('ssh', ['-W', `127.0.0.1:${portOf(echo)}`, 'reader']);
  assert.equal(denied.status, 255);
  const record = await world.recorded(({ subject }) => subject === 'reader');
  assert.equal(record.code, 'PRIVILEGE_MISSING');
});

test('agent and X11 forwarding are refused and the command runs', LIMIT, async () => {
  const ran = await world.run('ssh', ['-A', '-X', 'all', 'echo "[$SSH_AUTH_SOCK][$DISPLAY]"']);
  assert.equal(ran.stdout, '[][]\n');
});
