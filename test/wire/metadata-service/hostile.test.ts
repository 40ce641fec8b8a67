// Clients that mean harm: too many, too slow, too large, and requests that two readers would read differently.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { metadataDocuments } from '../../../src/metadata/index.ts';
import type { GuestRecords, MetadataLimits } from '../../../src/metadata-service/index.ts';
import { plainInput } from '../../unit/metadata/sample.ts';
import { dial, drain, exchange, get, lastGet, openService, PROJECT, post, statuses } from './support.ts';

const SLOW = { headerMs: 200, requestMs: 300, idleMs: 200 };

const SMUGGLED: readonly (readonly [string, string])[] = [
  [
    'both lengths',
    'GET /latest HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['two lengths', 'POST /latest HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde'],
  ['a length with a sign', 'POST /latest HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd'],
  ['a list of lengths', 'POST /latest HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd'],
  ['a negative length', 'POST /latest HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
  ['an unknown coding', 'POST /latest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  [
    'a chunk of no size',
    'POST /openstack/latest/password HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  ],
  [
    'a blank before the colon',
    'GET /latest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a folded header', 'GET /latest HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n Transfer-Encoding: chunked\r\n\r\n'],
  ['a bare line feed', 'GET /latest HTTP/1.1\nHost: x\n\n'],
  ['a bare carriage return', 'GET /latest HTTP/1.1\r\nHost: x\rX-A: 1\r\n\r\n'],
  ['a NUL in a header', 'GET /latest HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n'],
  [
    'a body of a GET',
    'GET /latest HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET /latest/user-data HTTP/1.1\r\n',
  ],
  [
    'a chunked body of a GET',
    'GET /latest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['no host', 'GET /latest HTTP/1.1\r\n\r\n'],
  ['no version', 'GET /latest\r\n\r\n'],
  ['HTTP 2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['an unknown method', 'STEAL /latest HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
];

for (const [name, bytes] of SMUGGLED) {
  test(`${name}: one refusal, and the connection is over`, async () => {
    await using opened = await openService();
    const text = await exchange(opened.port, `${bytes}${get('/latest/meta-data/instance-id')}`);
    assert.deepEqual(statuses(text), [400]);
    assert.ok(!text.includes('i-0000002a'), 'what came behind it was not read as a request');
  });
}

test('whatever bytes come, what is answered is an answer, and the next guest is served', async () => {
  await using opened = await openService({ limits: { ...SLOW, requestsPerSecond: 10_000 } });
  const piece = fc.constantFrom(
    ...[
      'GET ',
      'POST ',
      '/latest ',
      '/openstack/latest/password ',
      'HTTP/1.1\r\n',
      'Host: x\r\n',
      '\r\n',
      '\r\n\r\n',
    ],
    ...[
      'Content-Length: 3\r\n',
      'Transfer-Encoding: chunked\r\n',
      '3\r\nabc\r\n',
      '0\r\n\r\n',
      'Expect: 100-continue\r\n',
    ],
    ...['Connection: upgrade\r\nUpgrade: h2c\r\n', '\0', '\xff', 'X: y\r\n', ' ', '\n', ':'],
  );
  const bytes = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, fc.string({ unit: 'binary-ascii' })), async (text) => {
      const socket = await dial(opened.port);
      socket.end(text, 'latin1');
      const answer = await drain(socket);
      assert.ok(
        answer === '' || /^HTTP\/1\.1 (100|200|400|404|405|408|409|413|417|431) /.test(answer),
        answer,
      );
    }),
    { numRuns: 300 },
  );
  assert.deepEqual(statuses(await exchange(opened.port, lastGet('/latest'))), [200]);
  assert.deepEqual(opened.warnings, []);
});

test('a tunnel is not dug', async () => {
  await using opened = await openService();
  const text = await exchange(opened.port, 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal(text, '');
});

test('headers, targets and bodies that are too long are refused by their own numbers', async () => {
  await using opened = await openService();
  const long = 'a'.repeat(9000);
  assert.deepEqual(statuses(await exchange(opened.port, lastGet('/latest', { 'X-A': long }))), [431]);
  assert.deepEqual(statuses(await exchange(opened.port, lastGet(`/${long}`))), [431]);
  assert.deepEqual(statuses(await exchange(opened.port, lastGet(`/${long.slice(0, 2000)}`))), [414]);
  const path = '/openstack/latest/password';
  assert.deepEqual(statuses(await exchange(opened.port, post(path, 'a'.repeat(1021)))), [400]);
  assert.deepEqual(statuses(await exchange(opened.port, post(path, 'a'.repeat(4097)))), [413]);
  const chunked = 'Host: x\r\nTransfer-Encoding: chunked\r\n\r\n';
  const chunk = `400\r\n${'a'.repeat(1024)}\r\n`;
  const endless = `POST ${path} HTTP/1.1\r\n${chunked}${chunk.repeat(5)}`;
  assert.deepEqual(statuses(await exchange(opened.port, endless)), [413]);
  assert.equal(opened.records.passwords.size, 0);
});

test('who connects and says nothing, or never ends a header or a body, is closed', async () => {
  await using opened = await openService({ limits: SLOW });
  const beginnings = [
    '',
    'GET /lat',
    'GET /latest HTTP/1.1\r\nHost: x\r\nX-A: ',
    'POST /openstack/latest/password HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc',
  ];
  const ends = await Promise.all(beginnings.map((bytes) => exchange(opened.port, bytes)));
  assert.deepEqual(
    ends.flatMap(statuses).filter((status) => status !== 408),
    [],
  );
});

const DRIPS: readonly (readonly [string, string, Partial<MetadataLimits>])[] = [
  ['header', 'GET /', { headerMs: 200 }],
  [
    'body',
    'POST /openstack/latest/password HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n',
    { headerMs: 200, requestMs: 300 },
  ],
];

for (const [part, beginning, limits] of DRIPS) {
  test(`who sends a byte of a ${part} now and then is closed all the same`, async () => {
    await using opened = await openService({ limits });
    const socket = await dial(opened.port);
    const drip = setInterval(() => socket.write('a'), 20);
    socket.once('close', () => clearInterval(drip));
    socket.write(beginning);
    assert.ok(!(await drain(socket)).includes(' 200 '));
    assert.equal(opened.records.passwords.size, 0);
  });
}

test('who does not read gives the place back', async () => {
  const big: GuestRecords = {
    ...{ project: async () => PROJECT, password: async () => '', keepPassword: async () => false },
    documents: async () => new Map([['ec2/2009-04-04/user-data', Buffer.alloc(64 * 1024 * 1024)]]),
  };
  await using opened = await openService({ limits: { idleMs: 200, connectionsPerSource: 1 }, records: big });
  const deaf = await dial(opened.port);
  deaf.pause();
  deaf.write(get('/latest/user-data'));
  let text = '';
  while (text === '') text = await exchange(opened.port, lastGet('/latest/meta-data'));
  assert.deepEqual(statuses(text), [404]);
  deaf.destroy();
});

test('a connection that goes on asking has an end too', async () => {
  await using opened = await openService({ limits: { connectionMs: 1000 } });
  const socket = await dial(opened.port);
  const again = setInterval(() => socket.write(get('/latest/meta-data/instance-id')), 30);
  const text = await drain(socket);
  clearInterval(again);
  assert.ok(statuses(text).length >= 1 && statuses(text).every((status) => status === 200));
});

test('an instance that asks too often is told to wait, and others are not', async () => {
  const whoAsks = ({ remoteAddress }: { remoteAddress: string }) =>
    remoteAddress === '127.0.0.1' ? 'one' : 'two';
  await using opened = await openService({
    limits: { requestsPerSecond: 2 },
    identification: { kind: 'direct', whoAsks },
  });
  const ask = (from: string) => exchange(opened.port, lastGet('/latest'), from);
  const answers = await Promise.all(Array.from({ length: 30 }, () => ask('127.0.0.1')));
  const refused = answers.filter((text) => statuses(text)[0] === 429);
  assert.ok(refused.length >= 1 && refused.length <= 20, `${refused.length} of 30`);
  assert.match(refused[0] ?? '', /\r\nRetry-After: 1\r\n/);
  assert.deepEqual(statuses(await ask('127.0.0.2')), [200]);
});

test('whoever is nobody pays for asking, too', async () => {
  await using opened = await openService({
    limits: { requestsPerSecond: 1 },
    identification: { kind: 'direct', whoAsks: () => undefined },
  });
  const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(opened.port, get('/latest'))));
  assert.deepEqual([...new Set(answers.flatMap(statuses))].sort(), [404, 429]);
});

test('connections of one source are counted, and their places come back', async () => {
  await using opened = await openService({ limits: { connectionsPerSource: 3 } });
  const held = await Promise.all(Array.from({ length: 3 }, () => dial(opened.port)));
  await Promise.all(held.map(answered));
  assert.equal(await exchange(opened.port, lastGet('/latest')), '');
  assert.deepEqual(statuses(await exchange(opened.port, lastGet('/latest'), '127.0.0.2')), [200]);
  const [first] = held;
  assert.ok(first !== undefined);
  first.end();
  await once(first, 'close');
  assert.deepEqual(statuses(await exchange(opened.port, lastGet('/latest'))), [200]);
  for (const socket of held) socket.destroy();
});

test('connections in all are counted, whatever their source', async () => {
  await using opened = await openService({ limits: { connections: 4 } });
  const held = await Promise.all(['2', '3', '4', '5'].map((last) => dial(opened.port, `127.0.0.${last}`)));
  await Promise.all(held.map(answered));
  assert.equal(await exchange(opened.port, lastGet('/latest'), '127.0.0.6'), '');
  for (const socket of held) socket.destroy();
});

test('a thousand requests in one packet are not worked on at once', async () => {
  const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
  let [running, most] = [0, 0];
  const counting: GuestRecords = {
    ...{ documents: async () => metadataDocuments(plainInput()), project: async () => PROJECT },
    keepPassword: async () => false,
    password: async () => {
      running += 1;
      most = Math.max(most, running);
      await gate;
      running -= 1;
      return '';
    },
  };
  await using opened = await openService({ records: counting, limits: { requestsPerSecond: 1000 } });
  const text = await exchange(opened.port, get('/openstack/latest/password').repeat(1000));
  openGate();
  assert.equal(text, '');
  assert.equal(most, 16);
});

test('a service that is asked to stop ends what is idle at once, and the rest in its time', async () => {
  const opened = await openService();
  const idle = await dial(opened.port);
  await answered(idle);
  const stuck = await dial(opened.port);
  stuck.write('POST /openstack/latest/password HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
  const [idleEnd, stuckEnd] = [drain(idle), drain(stuck)];
  await opened.service.close(100);
  assert.deepEqual(await Promise.all([idleEnd, stuckEnd]), ['', '']);
});

/** Has asked, and been answered: the connection is open on both sides. */
async function answered(socket: Socket): Promise<void> {
  const first = once(socket, 'data');
  socket.write(get('/latest'));
  await first;
}
