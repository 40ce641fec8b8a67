// What the store keeps of adopted domains: their definitions, and the addresses that they have already.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { inRecord, instanceShape } from '../../../src/store/records.ts';
import { anInstance } from './an-instance.ts';

const ADOPTION = {
  at: '2026-01-01T00:00:00.000Z',
  domainXml: '<domain/>',
  disks: [{ target: 'vda', device: 'disk', bus: 'sd', format: null, source: null }],
  consoleLog: null,
};

test('a record from before there was adoption is one of a launched instance', () => {
  const { adoption: _adoption, ...older } = anInstance();
  assert.equal(instanceShape(older, inRecord('instance')).adoption, null);
});

test('an adoption comes back as it was written', () => {
  const stored: unknown = JSON.parse(JSON.stringify(anInstance({ adoption: ADOPTION })));
  assert.deepEqual(instanceShape(stored, inRecord('instance')).adoption, ADOPTION);
});

test('an address that an adopted instance has is given to nobody else, and free when it goes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'novalet-test-'));
  using store = openStore(join(folder, 'novalet.db'));
  try {
    const [adopted, next] = [
      anInstance({ adoption: ADOPTION }),
      anInstance({ id: '11111111-0000-4000-8000-000000000002', number: 2, name: 'next' }),
    ];
    for (const instance of [adopted, next]) store.instances.insert(instance);
    const has = { network: 'n', address: '192.0.2.2', mac: '52:54:00:00:00:02' };
    store.addresses.claim({ ...has, instanceId: adopted.id });
    const pairs = [has, { address: '192.0.2.3', mac: '52:54:00:00:00:03' }];
    const given = store.addresses.allocate({ instanceId: next.id, pool: { network: 'n', pairs } });
    assert.equal(given.address, '192.0.2.3');
    assert.throws(
      () => store.addresses.claim({ ...has, instanceId: next.id }),
      (error) => isFault(error, 'MAC_TAKEN'),
    );
    store.instances.remove(adopted.id);
    assert.deepEqual(
      store.addresses.inNetwork('n').map(({ address }) => address),
      ['192.0.2.3'],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
