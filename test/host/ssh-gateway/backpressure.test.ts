// Memory and order when a client reads slowly, or not at all; and what closes ssh2's gaps (channel-writer.ts, flow.ts).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { GatewayWorld, ofCommand } from './support/gateway-world.ts';

const LIMIT = { timeout: 240_000 };
const MIB = 1024 * 1024;

let world: GatewayWorld;
before(async () => {
  world = await GatewayWorld.open();
});
after(async () => await world[Symbol.asyncDispose]());

async function login(): Promise<Client> {
  const client = new ssh2.Client();
  const privateKey = readFileSync(join(world.folder, 'all'));
  await new Promise((resolve, reject) => {
    client.once('ready', () => resolve(undefined)).once('error', reject);
    client.connect({ host: '127.0.0.1', port: world.port, username: 'guest-0', privateKey });
  });
  return client;
}

async function execOn(client: Client, command: string): Promise<ClientChannel> {
  return await new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error === undefined ? resolve(channel) : reject(error)));
  });
}

test('500 MB that a client does not read stay with the program', LIMIT, async () => {
  const client = spawn('ssh', ['-F', world.config, 'all', 'head -c 500000000 /dev/zero'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => client.stdout.once('readable', resolve));
  client.kill('SIGSTOP');
  const before = process.memoryUsage().rss;
  let most = 0;
  for (let looks = 0; looks < 100; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10)); // time for what must not pile up to pile up
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  assert.ok(most < 48 * MIB, `grew by ${most}`);
  client.kill('SIGCONT');
  let bytes = 0;
  client.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length;
  });
  await new Promise((resolve) => client.once('close', resolve));
  assert.equal(bytes, 500_000_000);
});

test('a window of 4 GiB does not make the gateway hold what the socket does not take', LIMIT, async () => {
  const client = await login();
  const channel = await execOn(client, 'exec cat /dev/zero');
  channel.pause();
  const { _protocol: protocol, _sock: socket } = client as unknown as {
    _protocol: { channelWindowAdjust(id: number, amount: number): void };
    _sock: { pause(): void };
  };
  const { outgoing } = channel as unknown as { outgoing: { id: number } };
  protocol.channelWindowAdjust(outgoing.id, 0xf000_0000);
  socket.pause();
  const before = process.memoryUsage().rss;
  let most = 0;
  for (let looks = 0; looks < 100; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10)); // as above
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  client.destroy();
  assert.ok(most < 48 * MIB, `grew by ${most}`);
});

test('both streams arrive whole and in order when both wait for the window', LIMIT, async () => {
  const client = await login();
  const command = 'seq 1 1000000 & seq 1 1000000 >&2; wait';
  const channel = await execOn(client, command);
  channel.pause();
  const kept: Record<'out' | 'err', Buffer[]> = { out: [], err: [] };
  await new Promise((resolve) => setTimeout(resolve, 300)); // both have filled the window by then, or the test is the easier
  channel.on('data', (piece: Buffer) => kept.out.push(piece));
  channel.stderr.on('data', (piece: Buffer) => kept.err.push(piece));
  channel.resume();
  await new Promise((resolve) => channel.once('close', resolve));
  client.end();
  const wanted = `${Array.from({ length: 1_000_000 }, (_, at) => at + 1).join('\n')}\n`;
  assert.ok(Buffer.concat(kept.out).toString() === wanted, 'standard output is not what was written');
  assert.ok(Buffer.concat(kept.err).toString() === wanted, 'standard error is not what was written');
});

test('a program that reads slowly holds its client back, and memory stays', LIMIT, async () => {
  const before = process.memoryUsage().rss;
  const command = 'read line; sleep 1000';
  const client = spawn('ssh', ['-F', world.config, 'all', command], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  client.stdin.on('error', () => undefined);
  const piece = Buffer.alloc(MIB, 10);
  let given = 0;
  while (given < 500 && client.stdin.write(piece)) given += 1;
  const told = new Promise((resolve) => client.stdin.once('drain', () => resolve('drained')));
  const first = await Promise.race([told, new Promise((resolve) => setTimeout(resolve, 1000, 'held'))]);
  for (let more = 0; first === 'drained' && more < 50; more += 1) client.stdin.write(piece);
  await new Promise((resolve) => setTimeout(resolve, 500)); // as above
  assert.ok(process.memoryUsage().rss - before < 128 * MIB);
  client.kill('SIGKILL');
  assert.equal((await world.recorded(ofCommand(command))).outcome, 'cancelled');
});

test('keys exchanged again and again in the middle lose nothing', LIMIT, async () => {
  const ran = await world.run('ssh', [
    '-o',
    'RekeyLimit=1M',
    'all',
    'head -c 30000000 /dev/zero | tr "\\0" x; echo end >&2',
  ]);
  assert.equal(ran.stdout.length, 30_000_000);
  assert.deepEqual([ran.stderr, ran.status], ['end\n', 0]);
});
