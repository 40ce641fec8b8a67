// NoCloud over HTTP, as cloud-init fetches it: one document after the other, on one connection.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceDocuments } from '../../../src/metadata/index.ts';
import { plainInput } from '../../unit/metadata/sample.ts';
import { exchange, get, lastGet, MemoryRecords, openService, statuses } from './support.ts';

class ServedRecords extends MemoryRecords {
  override async documents(instance: string): ReturnType<MemoryRecords['documents']> {
    const known = await super.documents(instance);
    if (known === undefined) return undefined;
    const served = serviceDocuments(plainInput({ name: instance }));
    return new Map([...served.keys()].map((path) => [path, served.get(path) ?? new Uint8Array()]));
  }
}

test('a NoCloud guest gets its four documents on one connection, the empty ones with a length of 0', async () => {
  await using opened = await openService({ records: new ServedRecords(['one']) });
  const names = ['network-config', 'meta-data', 'user-data'];
  const asked = [...names.map((name) => get(`/nocloud/${name}`)), lastGet('/nocloud/vendor-data')].join('');
  const text = await exchange(opened.port, asked);
  assert.deepEqual(statuses(text), [200, 200, 200, 200]);
  assert.match(text, /"instance-id":"11111111-2222-3333-4444-555555555555"/);
  assert.match(text, /Content-Length: 0\r\n[^\r]*(\r\n[^\r]+)*\r\n\r\n$/i);
});

test('the address works with and without a slash behind it, and lists what there is', async () => {
  await using opened = await openService({ records: new ServedRecords(['one']) });
  for (const path of ['/nocloud', '/nocloud/']) {
    const text = await exchange(opened.port, lastGet(path));
    assert.match(text, /\r\n\r\ncloud-config\nmeta-data\nnetwork-config\nuser-data\nvendor-data$/);
  }
});

test('whose documents NoCloud tells follows from where it is asked from', async () => {
  const whoAsks = ({ remoteAddress }: { remoteAddress: string }) =>
    remoteAddress === '127.0.0.1' ? 'one' : undefined;
  const records = new ServedRecords(['one', 'two']);
  await using opened = await openService({ records, identification: { kind: 'direct', whoAsks } });
  assert.deepEqual(statuses(await exchange(opened.port, lastGet('/nocloud/meta-data'))), [200]);
  const stranger = await exchange(opened.port, lastGet('/nocloud/meta-data'), '127.0.0.2');
  assert.deepEqual(statuses(stranger), [404]);
});
