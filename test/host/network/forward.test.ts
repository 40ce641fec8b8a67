// Ports and sockets of the host that lead into guests: over their network, and over a lane where there is none.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute, LocalAddress, OpenForward } from '../../../src/compute/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 180_000 };
const ANYWHERE = { host: '127.0.0.1', port: 0 };
/** Gives back what it is told; the other one listens on the guest's loopback address alone. */
const ECHO = { host: '127.0.0.1', port: 7000 };
const PRIVATE = { host: '127.0.0.1', port: 7001 };

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  await compute.launch({ image: 'minimal', name: 'web' });
  await compute.launch({ image: 'minimal', name: 'lone', network: 'none' });
  for (const name of ['web', 'lone']) await serve(name);
});

/** Resolves when both answer inside, and the guest has its address. */
async function serve(name: string): Promise<void> {
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 120_000 });
  const script = `echo private >/tmp/index.html
    nc -ll -p ${ECHO.port} -e cat </dev/null >/dev/null 2>&1 &
    httpd -p ${PRIVATE.host}:${PRIVATE.port} -h /tmp
    until netstat -ltn | grep -q ':${ECHO.port} ' && netstat -ltn | grep -q ':${PRIVATE.port} '; do sleep 0.1; done`;
  const { exitCode } = await compute.exec(name, { argv: ['sh', '-c', script], timeoutMs: 60_000 });
  assert.equal(exitCode, 0);
  if (name === 'web') await compute.waitFor(name, { kind: 'ip' }, { timeoutMs: 60_000 });
}

function dial(local: LocalAddress): Socket {
  return connect({ ...local, allowHalfOpen: true });
}

/** One that reads on, and closes when the other side does. */
function caller(local: LocalAddress): Socket {
  const socket = connect({ ...local });
  socket.on('error', () => {}); // that it is closed may be told as a reset
  return socket.resume();
}

async function echoed({ local }: OpenForward, said: Buffer): Promise<Buffer> {
  const socket = dial(local);
  socket.end(said);
  return await buffer(socket);
}

async function fetched({ local }: OpenForward): Promise<string> {
  const socket = dial(local);
  socket.end('GET /index.html HTTP/1.0\r\n\r\n');
  return await text(socket);
}

function only(forwards: readonly OpenForward[]): OpenForward {
  const [one, ...rest] = forwards;
  assert.ok(one !== undefined && rest.length === 0);
  return one;
}

function auditOf(what: string): readonly Record<string, unknown>[] {
  const lines = readFileSync(join(world.stateDir, 'state', 'audit.ndjson'), 'utf8')
    .trim()
    .split('\n');
  return lines
    .map((line) => JSON.parse(line))
    .filter((line) => line.what === what && line.outcome !== 'started');
}

test(
  'the network is taken where it leads to the port, and a lane where only the guest itself reaches it',
  BOUND,
  async () => {
    const rules = [ECHO, PRIVATE].map((guest) => ({ local: ANYWHERE, guest }));
    await using open = await compute.forward('web', { rules });
    const [echo, http] = open.forwards;
    assert.ok(echo !== undefined && http !== undefined);
    assert.deepEqual([echo.via, http.via], ['network', 'lane']);
    const said = Buffer.alloc(3_000_000, 'to and fro ');
    assert.ok(
      said.equals(await echoed(echo, said)),
      'all came back, after our end of the connection was closed',
    );
    assert.match(await fetched(http), /private\n$/);
    const { instance } = await compute.show('web');
    const address = instance.ports[0]?.fixedIps[0]?.address;
    assert.deepEqual(
      auditOf('connect').map(({ target, via, outcome }) => [target, via, outcome]),
      [
        [`${address}:7000`, null, 'ok'],
        ['127.0.0.1:7001', 'lane', 'ok'],
      ],
    );
    assert.equal(auditOf('forward').length, 2);
    await assert.rejects(
      compute.forward('web', { rules: [{ local: ANYWHERE, guest: { path: '/run/x' } }], via: 'network' }),
      (error) => isFault(error, 'ROAD_CANNOT'),
    );
    await assert.rejects(compute.forward('web', { rules: [{ local: echo.local, guest: ECHO }] }), (error) =>
      isFault(error, 'FORWARD_ADDRESS_TAKEN'),
    );
  },
);

test(
  'a guest without a network is reached over a lane, also by a unix socket that its owner alone may use',
  BOUND,
  async () => {
    const path = join(world.stateDir, 'echo.sock');
    for (const _again of [1, 2]) {
      await using open = await compute.forward('lone', { rules: [{ local: { path }, guest: ECHO }] });
      const one = only(open.forwards);
      assert.equal(one.via, 'lane');
      assert.equal(statSync(path).mode & 0o777, 0o600);
      const said = Buffer.alloc(2_000_000, 'over the lane ');
      assert.ok(said.equals(await echoed(one, said)));
    }
    assert.throws(() => statSync(path), { code: 'ENOENT' });
  },
);

test('what nobody takes waits, and one connection too many is closed', BOUND, async () => {
  const troubles: string[] = [];
  await using open = await compute.forward(
    'lone',
    {
      rules: [
        { local: ANYWHERE, guest: ECHO },
        { local: ANYWHERE, guest: { ...ECHO, port: 9 } },
      ],
      maxConnections: 2,
    },
    { onTrouble: ({ code }) => troubles.push(code) },
  );
  const [echo, nothing] = open.forwards;
  assert.ok(echo !== undefined && nothing !== undefined);
  const taken = [dial(echo.local), dial(echo.local)];
  for (const [at, socket] of taken.entries()) {
    socket.write(`${at}`);
    assert.equal(String((await once(socket, 'data'))[0]), `${at}`);
  }
  await once(caller(echo.local), 'close');
  for (const socket of taken) socket.destroy();
  await once(caller(nothing.local), 'close');
  assert.equal(troubles.length, 1, 'nobody listens there, and that is told');
});

test('after a reboot of the guest those who connect get through again', BOUND, async () => {
  await using open = await compute.forward('lone', { rules: [{ local: ANYWHERE, guest: ECHO }] });
  const one = only(open.forwards);
  const before = caller(one.local);
  before.write('here');
  await once(before, 'data');
  await compute.reboot('lone', { hard: true });
  if (!before.closed) await once(before, 'close');
  await serve('lone');
  assert.equal(String(await echoed(one, Buffer.from('again'))), 'again');
});

test('the command says where it listens, and ends with Ctrl-C', BOUND, async () => {
  const words = ['--config', world.configFile, 'forward', 'web', '0:7000', '-o', 'json', '--via', 'network'];
  const child = spawn(join(PACKAGE, 'scripts', 'novalet'), words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let printed = '';
  for await (const piece of child.stdout) {
    printed += piece;
    if (printed.endsWith(']\n')) break;
  }
  const [record] = JSON.parse(printed);
  assert.partialDeepStrictEqual(record, { instance: 'web', guest: ECHO, via: 'network' });
  const { host, port } = record.local;
  assert.equal(
    String(await echoed({ local: { host, port }, guest: ECHO, via: 'network' }, Buffer.from('hi'))),
    'hi',
  );
  child.kill('SIGINT');
  assert.deepEqual(await ended, [0, null]);
  const late = dial({ host, port });
  await assert.rejects(once(late, 'connect'), { code: 'ECONNREFUSED' });
});
