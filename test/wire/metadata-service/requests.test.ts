// Whole requests over real sockets: who is answered with what.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Secret } from '../../../src/base/index.ts';
import {
  DEFAULT_METADATA_LIMITS,
  type GuestRecords,
  MetadataService,
} from '../../../src/metadata-service/index.ts';
import { exchange, get, lastGet, MemoryRecords, openService, PROJECT, post, statuses } from './support.ts';

test('a guest reads its documents, and others are told apart by where they ask from', async () => {
  const whoAsks = ({ remoteAddress }: { remoteAddress: string }) =>
    ({ '127.0.0.1': 'one', '127.0.0.2': 'two' })[remoteAddress];
  await using opened = await openService({ identification: { kind: 'direct', whoAsks } });
  const ask = (from: string) => exchange(opened.port, lastGet('/openstack/latest/meta_data.json'), from);
  assert.match(await ask('127.0.0.1'), /^HTTP\/1\.1 200 OK\r\n[\s\S]*application\/json[\s\S]*"name":"one"/);
  assert.match(await ask('127.0.0.2'), /"name":"two"/);
  const stranger = await ask('127.0.0.3');
  assert.deepEqual(statuses(stranger), [404]);
  assert.ok(!stranger.includes('uuid'));
});

test('headers say nothing about who asks where no proxy was configured', async () => {
  const whoAsks = () => 'one';
  await using opened = await openService({ identification: { kind: 'direct', whoAsks } });
  const signature = createHmac('sha256', '').update('two').digest('hex');
  const forged = {
    'X-Instance-ID': 'two',
    'X-Tenant-ID': PROJECT,
    'X-Instance-ID-Signature': signature,
    'X-Forwarded-For': '127.0.0.2',
    'X-Metadata-Provider': 'x',
    Forwarded: 'for=127.0.0.2',
    Host: 'two',
  };
  const text = await exchange(opened.port, lastGet('/openstack/latest/meta_data.json', forged));
  assert.match(text, /"name":"one"/);
});

test('a proxy that knows the secret asks for its guests: 400, 403 and 404 as Nova says them', async () => {
  const secret = new Secret('shared');
  await using opened = await openService({ identification: { kind: 'proxy', secret } });
  const sign = (id: string, key = 'shared') => createHmac('sha256', key).update(id).digest('hex');
  const ask = async (headers: Record<string, string>) =>
    await exchange(opened.port, lastGet('/openstack/latest/meta_data.json', headers));
  const signed = (id: string, project = PROJECT) => ({
    ...{ 'X-Instance-ID': id, 'X-Tenant-ID': project, 'X-Instance-ID-Signature': sign(id) },
  });
  assert.match(await ask(signed('two')), /"name":"two"/);
  assert.deepEqual(statuses(await ask({})), [400]);
  const byAnother = { ...signed('two'), 'X-Instance-ID-Signature': sign('two', 'guessed') };
  assert.deepEqual(statuses(await ask(byAnother)), [403]);
  assert.deepEqual(statuses(await ask({ ...signed('one'), 'X-Instance-ID': 'two' })), [403]);
  assert.deepEqual(statuses(await ask(signed('two', 'another project'))), [404]);
  assert.deepEqual(statuses(await ask(signed('nobody'))), [404]);
  const twice = lastGet('/latest', signed('two')).replace('\r\n\r\n', '\r\nX-Instance-ID: one\r\n\r\n');
  assert.deepEqual(statuses(await exchange(opened.port, twice)), [400]);
});

test('a second header is seen behind a thousand others', async () => {
  await using opened = await openService({ identification: { kind: 'proxy', secret: new Secret('shared') } });
  const headers = {
    'X-Instance-ID': 'two',
    'X-Tenant-ID': PROJECT,
    'X-Instance-ID-Signature': createHmac('sha256', 'shared').update('two').digest('hex'),
  };
  const filler = 'a:\r\n'.repeat(1500);
  const whole = lastGet('/latest', headers).replace('\r\n\r\n', `\r\n${filler}X-Instance-ID: one\r\n\r\n`);
  assert.deepEqual(statuses(await exchange(opened.port, whole)), [400]);
});

test('a password is posted once, also by two at the same time, and read again', async () => {
  await using opened = await openService();
  const path = '/openstack/latest/password';
  assert.match(await exchange(opened.port, lastGet(path)), /Content-Length: 0\r\n/);
  const both = await Promise.all(['QQ==', 'Qg=='].map((body) => exchange(opened.port, post(path, body))));
  assert.deepEqual(both.flatMap(statuses).sort(), [200, 409]);
  const kept = opened.records.passwords.get('one') ?? '';
  assert.ok((await exchange(opened.port, lastGet(path))).endsWith(`\r\n\r\n${kept}`));
  assert.deepEqual(statuses(await exchange(opened.port, post(path, 'Qw=='))), [409]);
  assert.equal(opened.records.passwords.get('two'), undefined);
});

test('a token is asked for and shown, and HEAD has no body', async () => {
  await using opened = await openService();
  const put =
    'PUT /latest/api/token HTTP/1.1\r\nHost: x\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\nConnection: close\r\n\r\n';
  const [head = '', token = ''] = (await exchange(opened.port, put)).split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n[\s\S]*x-aws-ec2-metadata-token-ttl-seconds: 60/i);
  const shown = { 'X-aws-ec2-metadata-token': token };
  assert.deepEqual(statuses(await exchange(opened.port, lastGet('/latest/meta-data/', shown))), [200]);
  const wrong = { 'X-aws-ec2-metadata-token': `${token}x` };
  assert.deepEqual(statuses(await exchange(opened.port, lastGet('/latest/meta-data/', wrong))), [401]);
  const onlyHead = lastGet('/latest/meta-data/instance-id').replace('GET', 'HEAD');
  assert.match(await exchange(opened.port, onlyHead), /Content-Length: 10\r\n[\s\S]*\r\n\r\n$/);
});

test('requests that come in one packet are answered in their order', async () => {
  await using opened = await openService();
  const text = await exchange(
    opened.port,
    `${get('/latest/meta-data/instance-id')}${get('/nothing')}${lastGet('/latest/meta-data/instance-type')}`,
  );
  assert.deepEqual(statuses(text), [200, 404, 200]);
  assert.ok(text.indexOf('i-0000002a') < text.indexOf('m1.small'));
});

test('records that cannot be read are 500 without a word about why, and said in the log', async () => {
  const broken: GuestRecords = {
    ...{ project: async () => PROJECT, password: async () => '', keepPassword: async () => false },
    documents: async () => {
      throw new Error('SELECT secret FROM table');
    },
  };
  await using opened = await openService({ records: broken });
  const text = await exchange(opened.port, get('/latest'));
  assert.deepEqual(statuses(text), [500]);
  assert.ok(!text.includes('SELECT'));
  assert.equal(opened.warnings.length, 1);
});

test('where it cannot be known who asks, nobody is answered', async () => {
  const whoAsks = () => {
    throw new Error('the database is busy');
  };
  await using opened = await openService({ identification: { kind: 'direct', whoAsks } });
  const text = await exchange(opened.port, get('/latest'));
  assert.deepEqual(statuses(text), [500]);
  assert.ok(!text.includes('busy'));
  assert.equal(opened.warnings.length, 1);
});

test('records that never answer are 500 in bounded time', async () => {
  const { promise: never } = Promise.withResolvers<undefined>();
  const mute: GuestRecords = {
    ...{ project: async () => PROJECT, password: async () => '', keepPassword: async () => false },
    documents: () => never,
  };
  await using opened = await openService({ records: mute, limits: { answerMs: 50 } });
  assert.deepEqual(statuses(await exchange(opened.port, get('/latest'))), [500]);
});

test('where one address is taken the service listens on none, and says so', async () => {
  const taken = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  taken.listen({ host: '127.0.0.1', port: 0 }, resolve);
  await promise;
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const service = new MetadataService({
    listen: [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port },
    ],
    identification: { kind: 'direct', whoAsks: () => 'one' },
    records: new MemoryRecords(['one']),
    limits: DEFAULT_METADATA_LIMITS,
    log: { warn: () => undefined },
  });
  await assert.rejects(service.listen(), { code: 'METADATA_LISTEN_FAILED', kind: 'unavailable' });
  assert.deepEqual(service.addresses, []);
  taken.close();
});
