// Sessions over a real unix socket, against a server that does as it is told.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Fault, isFault } from '../../../src/base/index.ts';
import {
  dismissServer,
  LaneSession,
  type LaneSessionOptions,
  type LaneSpawn,
} from '../../../src/lane/index.ts';
import { FakeLaneServer } from '../../fakes/lane-server.ts';
import { integers, reason } from '../../fakes/lane-session.ts';

const USER = { uid: 0, gid: 0, groups: [0] };
const CLOSE = 10;
const WINDOW = 7;

function order(...argv: string[]): LaneSpawn {
  return { run: { argv }, env: [], cwd: '/', user: USER, stdin: true };
}

async function open(server: FakeLaneServer, options: Partial<LaneSessionOptions> = {}): Promise<LaneSession> {
  return await LaneSession.open(connect({ path: server.path }), { peer: 't', timeoutMs: 60_000, ...options });
}

function has(code: string, outcome: 'unknown' | 'not-done' = 'unknown'): (error: unknown) => boolean {
  return (error) => isFault(error, code) && error.outcome === outcome;
}

test('the welcome is found behind what a predecessor left in the port', async () => {
  await using server = await FakeLaneServer.listen();
  server.stale = Buffer.concat([Buffer.from('934e564c57454c43', 'hex'), Buffer.alloc(70_000, 'stale')]);
  await using session = await open(server);
  assert.equal(session.facts.bootId, 'b-1');
  assert.ok((await session.ping(60_000)) >= 0);
});

test('a hello that nobody heard is said again, and repeated welcomes do no harm', async () => {
  await using server = await FakeLaneServer.listen();
  server.deafFor = 2;
  await using session = await open(server);
  assert.ok(server.hellos >= 3, String(server.hellos)); // one more may be on its way when the welcome comes
  const raw: Buffer[] = [];
  const { carry } = server;
  server.carry = (socket, bytes) => {
    raw.push(bytes);
    carry(socket, bytes);
  };
  const program = await session.spawn(order('cat'));
  program.stdin.write('one');
  await once(program.stdout, 'readable');
  server.lane.welcomeAgain();
  program.stdin.end(' two');
  assert.equal(await text(program.stdout), 'one two');
  assert.ok(raw.some((bytes) => bytes.subarray(1, 8).toString() === 'NVLWELC'));
});

test('a server that never answers is silent, and a caller who stops waiting is told so', async () => {
  await using server = await FakeLaneServer.listen();
  server.deafFor = Number.POSITIVE_INFINITY;
  await assert.rejects(open(server, { timeoutMs: 600 }), has('LANE_SILENT', 'not-done'));
  while (server.hellos < 2) await turn(); // the last may still lie in the socket
  const stop = new AbortController();
  const opening = open(server, { signal: stop.signal });
  stop.abort();
  await assert.rejects(opening, has('CANCELLED', 'not-done'));
});

test('a server of another version, or with facts that are none, is refused', async () => {
  await using server = await FakeLaneServer.listen();
  server.version = 2;
  await assert.rejects(open(server), has('LANE_VERSION', 'not-done'));
  server.version = 1;
  server.facts = { pid: 'x' };
  await assert.rejects(open(server), has('LANE_PROTOCOL'));
});

test('a channel takes no more than its credit while nobody reads, and everything once somebody does', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await open(server);
  const size = 8 * 1024 * 1024;
  const program = await session.spawn(order('zeros', String(size)));
  await session.ping(60_000);
  const output = server.lane.channels.get(1)?.outputs.get(1);
  assert.equal(output?.credit, 0);
  let length = 0;
  for await (const bytes of program.stdout) length += bytes.length;
  assert.equal(length, size);
  assert.equal(await text(program.stderr), 'done\n');
  assert.deepEqual(await program.ended, { exitCode: 0, signal: null });
  const windows = server.lane.seen.filter(({ type }) => type === WINDOW).length;
  assert.ok(windows < 40, `${windows} windows`);
});

test('what is written waits for the server’s credit', async () => {
  await using server = await FakeLaneServer.listen();
  let taken = 0;
  server.programs.set('slow', (program) => {
    program.opened();
    program.onData = (bytes) => {
      taken += bytes.length;
    };
  });
  server.givesCredit = false;
  await using session = await open(server);
  const program = await session.spawn(order('slow'));
  program.stdin.write(Buffer.alloc(1024 * 1024));
  await session.ping(60_000);
  assert.equal(taken, 262_144);
  server.lane.frame(1, WINDOW, 0, integers(1000));
  await session.ping(60_000);
  await session.ping(60_000);
  assert.equal(taken, 263_144);
});

test('a disconnect in the middle ends everything with an unknown outcome', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await open(server);
  const program = await session.spawn(order('sleep'));
  const file = await session.write({
    path: '/x',
    user: USER,
    how: 'new',
    mode: 0o600,
    offset: 0,
    withDigest: true,
  });
  const ping = session.ping(60_000);
  server.disconnect();
  const broken = [program.ended, text(program.stdout), text(program.stderr), file.finished, ping];
  await Promise.all(broken.map((each) => assert.rejects(each, has('LANE_LOST'))));
  await assert.rejects(session.spawn(order('true')), has('LANE_LOST', 'not-done'));
  assert.equal(session.channels, 0);
});

test('a session that is closed for a reason ends everything with that reason', async () => {
  await using server = await FakeLaneServer.listen();
  const session = await open(server);
  const program = await session.spawn(order('sleep'));
  await session.close(
    new Fault('unavailable', 'GUEST_REBOOTED', 'The guest rebooted', { outcome: 'unknown' }),
  );
  await assert.rejects(program.ended, has('GUEST_REBOOTED'));
  assert.equal((await session.ended).code, 'GUEST_REBOOTED');
});

test('whoever knows why the stream was lost is heard before those who wait are told', async () => {
  await using server = await FakeLaneServer.listen();
  const session = await open(server, { reasonMs: 60_000 });
  const program = await session.spawn(order('sleep'));
  const ended = assert.rejects(program.ended, has('GUEST_STOPPED'));
  server.disconnect();
  while (session.isOpen) await turn();
  await assert.rejects(session.spawn(order('true')), has('LANE_LOST', 'not-done'));
  await session.close(new Fault('unavailable', 'GUEST_STOPPED', 'The guest stopped', { outcome: 'unknown' }));
  await ended;
  const unexplained = await FakeLaneServer.listen();
  await using other = await open(unexplained, { reasonMs: 50 });
  const waiting = await other.spawn(order('sleep'));
  await unexplained[Symbol.asyncDispose]();
  await assert.rejects(waiting.ended, has('LANE_LOST'));
});

test('a server that falls silent with channels open is lost', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await open(server, { silenceMs: 1000 });
  const program = await session.spawn(order('sleep'));
  await session.ping(60_000);
  server.carry = () => {};
  await assert.rejects(program.ended, has('LANE_LOST'));
});

test('a request that gets no answer is given up, and closed behind it', async () => {
  await using server = await FakeLaneServer.listen();
  server.programs.set('mute', () => {});
  await using session = await open(server, { answerMs: 100 });
  await assert.rejects(session.spawn(order('mute')), has('LANE_UNANSWERED'));
  await session.ping(60_000);
  assert.equal(server.lane.seen.at(-2)?.type, CLOSE);
  assert.equal(session.channels, 0);
});

test('close kills what runs, and a program that ended meanwhile needs no answer', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await open(server);
  const program = await session.spawn(order('sleep'));
  await program.close();
  assert.deepEqual(await program.ended, { exitCode: null, signal: 9 });
  const crossing = await session.spawn(order('cat'));
  crossing.signal(15, 'group');
  await crossing.close(); // the fake has ended it by then, and says nothing of CLOSE
  assert.deepEqual(await crossing.ended, { exitCode: null, signal: 15 });
  assert.equal(session.channels, 0);
});

test('a channel that the server breaks off tells why', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await open(server);
  const sink = await session.write({
    path: '/x',
    user: USER,
    how: 'new',
    mode: 0o600,
    offset: 0,
    withDigest: false,
  });
  const channel = [...server.lane.channels.values()][0];
  assert.ok(channel);
  server.lane.close(channel, reason(28, 'write'));
  await assert.rejects(
    sink.finished,
    (error) => isFault(error, 'LANE_REFUSED') && error.details['where'] === 'write',
  );
  assert.equal(session.channels, 0);
});

test('connections that come to a listener come out, until it is closed', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await open(server);
  const { promise, resolve } = Promise.withResolvers<string>();
  const listener = await session.listen({ host: '::', port: 0 }, async (connection, from) => {
    assert.deepEqual(from, { host: '10.0.0.9', port: 40_000 });
    connection.end('hello');
    resolve(await text(connection));
  });
  assert.equal(listener.port, 4000);
  const { lane } = server;
  const heard: Buffer[] = [];
  const channel = lane.accept(1);
  channel.onData = (bytes) => heard.push(bytes);
  channel.onEof = () => lane.write(channel, 1, 'eof');
  lane.write(channel, 1, Buffer.from('from outside'));
  assert.equal(await promise, 'from outside');
  assert.equal(Buffer.concat(heard).toString(), 'hello');
  // One that crosses the end of its listener is closed.
  const closing = listener.close();
  const late = lane.accept(1);
  await closing;
  await session.ping(60_000);
  assert.equal(lane.channels.has(late.number), false);
  assert.equal(session.channels, 0);
});

test('long orders come whole, beside others, and through a full wire', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await open(server);
  const words = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(131_071));
  const sizes = Array.from({ length: 20 }, (_, at) => 1 + (at % 6));
  const programs = await Promise.all(
    sizes.flatMap((count) => [
      session.spawn(order('sleep', ...words.slice(0, count))),
      session.spawn(order('sleep', 'short')),
    ]),
  );
  assert.equal(programs.length, 40);
  const came = server.spawned.map(({ argv }) => argv.slice(1).join()).sort();
  const sent = sizes.flatMap((count) => [words.slice(0, count).join(), 'short']).sort();
  assert.deepEqual(came, sent);
});

test('more than 1024 channels, and more than 2 MiB of arguments, are refused here', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await open(server);
  const large = session.spawn(order('echo', 'x'.repeat(2_097_100), 'y'.repeat(50)));
  await assert.rejects(large, has('LANE_REQUEST_TOO_LARGE', 'not-done'));
  await Promise.all(Array.from({ length: 1024 }, () => session.spawn(order('sleep'))));
  await assert.rejects(session.spawn(order('true')), has('LANE_FULL', 'not-done'));
  assert.equal(session.channels, 1024);
});

test('quit has the server end', async () => {
  await using server = await FakeLaneServer.listen();
  const session = await open(server);
  const quit = session.quit();
  await once(server, 'quit');
  await quit;
  assert.equal(session.isOpen, false);
});

test('a server of another version is dismissed', async () => {
  await using server = await FakeLaneServer.listen();
  server.version = 2;
  const quit = once(server, 'quit');
  await dismissServer(connect({ path: server.path }), { peer: 't', timeoutMs: 60_000 });
  await quit;
  assert.equal(server.hellos, 0);
});

test('what a server may never say ends the session as broken', async () => {
  const lies: ((server: FakeLaneServer) => void)[] = [
    ({ lane }) => lane.frame(1, 5, 1, Buffer.alloc(0)),
    ({ lane }) => lane.frame(1, 5, 0, Buffer.from('x')),
    ({ lane }) => lane.frame(1, 5, 9, Buffer.from('x')),
    ({ lane }) => lane.frame(1, 6, 1, Buffer.from('x')),
    ({ lane }) => lane.frame(1, 7, 0, integers(16_777_216)),
    ({ lane }) => lane.frame(1, 7, 0, Buffer.from('x')),
    ({ lane }) => lane.frame(1, 32, 0),
    ({ lane }) => lane.frame(1, 33, 0, reason(2, 'exec')),
    ({ lane }) => lane.frame(1, 34, 0, Buffer.alloc(3)),
    ({ lane }) => lane.frame(1, 35, 0),
    ({ lane }) => lane.frame(1, 10, 0),
    ({ lane }) => lane.frame(1, 10, 0, reason(5, 'nowhere')),
    ({ lane }) => lane.frame(1, 1, 0),
    ({ lane }) => lane.frame(0, 5, 1, Buffer.from('x')),
    ({ lane }) => {
      for (let at = 0; at < 9; at += 1) lane.frame(1, 5, 1, Buffer.alloc(32_744));
    },
  ];
  for (const [at, lie] of lies.entries()) {
    await using server = await FakeLaneServer.listen();
    await using session = await open(server);
    const program = await session.spawn(order('sleep'));
    lie(server);
    await assert.rejects(program.ended, has('LANE_PROTOCOL'), `lie ${at}`);
    assert.equal((await session.ended).code, 'LANE_PROTOCOL');
  }
});

test('bytes of another session lose the session', async () => {
  await using server = await FakeLaneServer.listen();
  await using session = await open(server);
  const program = await session.spawn(order('sleep'));
  server.lane.saysSession = 5;
  server.lane.frame(1, 5, 1, Buffer.from('x'));
  await assert.rejects(program.ended, has('LANE_LOST'));
  assert.equal(session.isOpen, false);
});
