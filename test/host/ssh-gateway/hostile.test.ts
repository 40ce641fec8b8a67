// Clients that mean harm: none of them ends the gateway, holds more than its share, or keeps others out.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import ssh2, { type Client } from 'ssh2';
import { GatewayWorld, until } from './support/gateway-world.ts';

const LIMIT = { timeout: 240_000 };

let world: GatewayWorld;
before(async () => {
  world = await GatewayWorld.open({ channelsPerConnection: 10, sessionsPerSubject: 15 });
});
after(async () => await world[Symbol.asyncDispose]());

async function isStillThere(): Promise<void> {
  const ran = await world.run('ssh', ['all', 'echo here']);
  assert.deepEqual(ran, { status: 0, stdout: 'here\n', stderr: '' });
}

async function endOf(bytes: Uint8Array, { port } = world): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
}

async function login(): Promise<Client> {
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  const privateKey = readFileSync(join(world.folder, 'all'));
  await new Promise((resolve) => {
    client.once('ready', () => resolve(undefined));
    client.connect({ host: '127.0.0.1', port: world.port, username: 'guest-0', privateKey });
  });
  return client;
}

test(
  'garbage before the banner, a banner without end and a huge packet end their own connection',
  LIMIT,
  async () => {
    const huge = Buffer.concat([
      Buffer.from('SSH-2.0-x\r\n'),
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
      randomBytes(4096),
    ]);
    await Promise.all([endOf(randomBytes(100_000)), endOf(Buffer.alloc(1_000_000, 'x')), endOf(huge)]);
    await isStillThere();
  },
);

test('who says nothing is let go after the time for the handshake', LIMIT, async () => {
  await using hasty = await GatewayWorld.open({ handshakeS: 1 }); // of its own: a stock client may need as long
  await endOf(Buffer.alloc(0), hasty);
  await endOf(Buffer.from('SSH-2.0-slow\r\n'), hasty);
  const next = connect({ port: hasty.port, host: '127.0.0.1' });
  const [greeting] = await once(next, 'data');
  assert.match(String(greeting), /^SSH-2\.0-/);
  next.destroy();
});

test(
  'a flood of channels stops at the limit of the connection, and leaves room for others',
  LIMIT,
  async () => {
    const client = await login();
    const opened = await Promise.all(
      Array.from(
        { length: 200 },
        () =>
          new Promise<boolean>((resolve) =>
            client.exec('sleep 1000', (error) => resolve(error === undefined)),
          ),
      ),
    );
    assert.equal(opened.filter(Boolean).length, 10);
    await isStillThere();
    client.destroy();
    await until(() => world.records.filter(({ outcome }) => outcome === 'cancelled').length >= 10);
    await isStillThere();
  },
);

test('tries to log in are counted, and the connection ends', LIMIT, async () => {
  const client = new ssh2.Client();
  const privateKey = readFileSync(join(world.folder, 'stranger'));
  client.on('error', () => undefined);
  await new Promise((resolve) => {
    client.once('close', () => resolve(undefined));
    client.connect({
      ...{ host: '127.0.0.1', port: world.port, username: 'guest-0' },
      authHandler: Array.from({ length: 20 }, () => ({
        ...{ type: 'publickey' as const, username: 'guest-0', key: privateKey },
      })),
    });
  });
  const ended = world.logged.find(({ message }) => message.includes('too many failed tries'));
  assert.ok(ended !== undefined && 'failures' in ended.facts);
  assert.equal(ended.facts.failures, 6);
  await isStillThere();
});

test('a password is never asked for and never taken', LIMIT, async () => {
  const client = new ssh2.Client();
  const error = await new Promise<Error>((resolve) => {
    client.once('error', resolve);
    client.connect({ host: '127.0.0.1', port: world.port, username: 'guest-0', password: 'secret' });
  });
  assert.match(error.message, /authentication methods failed/);
  assert.ok(!JSON.stringify(world.logged).includes('secret'));
});

test('input beyond the window that was given ends the connection', LIMIT, async () => {
  const client = await login();
  const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    client.exec('sleep 1000', (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
  });
  const { outgoing } = channel as unknown as { outgoing: { window: number } };
  let isOver = false;
  client.once('close', () => {
    isOver = true;
  });
  const piece = Buffer.alloc(30_000);
  const give = () => {
    if (isOver) return;
    outgoing.window = 2 ** 31; // as a client that does not count
    channel.write(piece, () => setImmediate(give));
  };
  give();
  await until(() => isOver);
  await isStillThere();
});

test('a source that comes too often is turned away for a while', LIMIT, async () => {
  await using strict = await GatewayWorld.open({ connectionsPerSecond: 1 });
  // without programs to start: they come at once, also where starting twelve takes as long as the pause that is asked for
  const comers = Array.from({ length: 12 }, () => silent(strict, '127.0.0.1'));
  await until(() => comers.every(({ said }) => said().includes('\n')));
  const passed = comers.filter(({ said }) => said().startsWith('SSH-2.0-')).length;
  assert.ok(passed >= 5 && passed < 12, `${passed} passed`);
  for (const { socket } of comers) socket.destroy();
});

/** Open and silent, from an address of this host's loopback; `isOpen` until the gateway closes it. */
function silent(gateway: GatewayWorld, localAddress: string) {
  const socket = connect({ port: gateway.port, host: '127.0.0.1', localAddress });
  let said = '';
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    said += bytes.toString();
  });
  return { socket, said: () => said };
}

test(
  'a source full of silent connections keeps nobody else out, and its next ones are told why and counted',
  LIMIT,
  async () => {
    await using guarded = await GatewayWorld.open({ loginsPerSource: 20, connections: 160 });
    const many = Array.from({ length: 60 }, () => silent(guarded, '127.0.0.1'));
    const turnedAway = () => many.filter(({ socket }) => socket.closed);
    await until(() => turnedAway().length === 40);
    const why = 'too many connections of this source before their login';
    for (const { said } of turnedAway()) assert.equal(said(), `novalet: ${why}\r\n`);
    const options = ['-o', 'BindAddress=127.0.0.2', 'all', 'echo in'];
    assert.deepEqual(await guarded.run('ssh', options), { status: 0, stdout: 'in\n', stderr: '' });
    const barred = await guarded.run('ssh', ['all', 'true']);
    assert.equal(barred.status, 255);
    await guarded.gateway.close(0);
    const refusals = guarded.logged.filter(({ message }) => message.includes('turned away'));
    assert.ok(refusals.length < 10, `${refusals.length} lines`);
    let told = 0;
    for (const { facts } of refusals) {
      const { count = 1, ...rest }: { count?: number } = { ...facts };
      assert.deepEqual(rest, { origin: 'ssh 127.0.0.1', why });
      told += count;
    }
    assert.equal(told, 41);
    for (const { socket } of many) socket.destroy();
  },
);

test('a source has no more connections than its share, logged in or not', LIMIT, async () => {
  await using guarded = await GatewayWorld.open({ connectionsPerSource: 1 });
  const long = guarded.run('ssh', ['all', 'sleep 1000']);
  await until(() => guarded.reach.pids.size === 1);
  assert.equal((await guarded.run('ssh', ['all', 'true'])).status, 255);
  const other = await guarded.run('ssh', ['-o', 'BindAddress=127.0.0.2', 'all', 'true']);
  assert.equal(other.status, 0);
  await guarded.gateway.close(0);
  assert.equal((await long).status, 255);
});

test('closing lets what runs end, and ends it when its time is over', LIMIT, async () => {
  await using patient = await GatewayWorld.open();
  const go = join(patient.folder, 'go');
  const short = patient.run('ssh', ['all', `until [ -e ${go} ]; do sleep 0.1; done; echo done`]);
  await until(() => patient.reach.pids.size === 1);
  const closed = patient.gateway.close(600_000);
  writeFileSync(go, '');
  await closed;
  assert.deepEqual(await short, { status: 0, stdout: 'done\n', stderr: '' });
  await using hasty = await GatewayWorld.open();
  const long = hasty.run('ssh', ['all', 'sleep 1000']);
  await until(() => hasty.reach.pids.size === 1);
  await hasty.gateway.close(500);
  assert.equal((await long).status, 255);
});
