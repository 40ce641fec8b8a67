// Ports of their own name in the store, and the addresses that are kept for them.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { NamedPort } from '../../../src/model/index.ts';
import { Database } from '../../../src/store/database.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { SCHEMA, upgradeSchema } from '../../../src/store/schema.ts';
import { anInstance } from './an-instance.ts';

const PAIRS = [2, 3, 4].map((last) => ({ address: `192.0.2.${last}`, mac: `fa:16:3e:00:00:0${last}` }));
const POOL = { network: 'lab', pairs: PAIRS };

function aPath(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'nvt-store-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'novalet.db');
}

function aStore(context: TestContext): Store {
  const store = openStore(aPath(context));
  context.after(() => store.close());
  return store;
}

function aPort(changes: Partial<NamedPort> = {}): NamedPort {
  return {
    id: '44444444-0000-4000-8000-000000000001',
    name: 'front',
    mac: 'fa:16:3e:00:00:02',
    binding: { kind: 'network', network: 'lab', bridge: 'nvbr1' },
    fixedIps: [{ address: '192.0.2.2', prefix: 24 }],
    createdAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

const SECOND = {
  id: '44444444-0000-4000-8000-000000000002',
  name: 'back',
  mac: 'fa:16:3e:00:00:0a',
  fixedIps: [],
} as const;

/** An instance with one card, whose id is the port's. */
function holderOf(port: NamedPort) {
  const instance = anInstance();
  const [card = assert.fail('no card')] = instance.ports;
  return { ...instance, ports: [{ ...card, id: port.id, mac: port.mac }] };
}

test('a port comes back as it was written, by name, id and beginning of the id', (context) => {
  const store = aStore(context);
  const [front, back] = [aPort(), aPort(SECOND)];
  store.ports.insert(front);
  store.ports.insert(back);
  assert.deepEqual(store.ports.list(), [front, back]);
  assert.deepEqual([store.ports.find('front'), store.ports.find(back.id)], [front, back]);
  assert.throws(() => store.ports.find('4444'), { code: 'PORT_AMBIGUOUS' });
  assert.throws(() => store.ports.find('other'), { code: 'PORT_NOT_FOUND' });
  store.ports.remove(back.id);
  assert.deepEqual(store.ports.find('4444'), front);
});

test('two ports have neither the same name nor the same MAC address', (context) => {
  const store = aStore(context);
  store.ports.insert(aPort());
  assert.throws(() => store.ports.insert(aPort({ ...SECOND, name: 'front' })), { code: 'PORT_EXISTS' });
  assert.throws(
    () => store.ports.insert(aPort({ ...SECOND, mac: aPort().mac })),
    (error) => isFault(error, 'MAC_TAKEN') && error.message.startsWith('Port front has'),
  );
  assert.equal(store.ports.list().length, 1);
});

test('an address that is kept for a port is given to nobody until the port is removed', (context) => {
  const store = aStore(context);
  const port = aPort();
  store.transaction(() => {
    store.addresses.take({ portId: port.id, pool: POOL }, PAIRS[0] ?? assert.fail());
    store.ports.insert(port);
  });
  store.instances.insert(anInstance());
  const { id: instanceId } = anInstance();
  const next = () => store.addresses.allocate({ instanceId, pool: POOL }).address;
  assert.deepEqual([next(), next()], ['192.0.2.3', '192.0.2.4']);
  assert.throws(next, { code: 'ADDRESS_EXHAUSTED' });
  assert.throws(() => store.addresses.requireFree('lab', '192.0.2.2'), {
    code: 'ADDRESS_TAKEN',
    message: 'Port front has the address 192.0.2.2 on lab already',
  });
  assert.equal(store.addresses.isKept(port.mac), true);
  store.ports.remove(port.id);
  assert.equal(store.addresses.isKept(port.mac), false);
  assert.equal(next(), '192.0.2.2');
});

test('a port that an instance has cannot be removed, and outlives the instance with its address', (context) => {
  const store = aStore(context);
  const port = aPort();
  store.transaction(() => {
    store.addresses.allocate({ portId: port.id, pool: POOL });
    store.ports.insert(port);
  });
  assert.equal(store.ports.holders().size, 0);
  const instance = holderOf(port);
  store.instances.insert(instance);
  assert.deepEqual([...store.ports.holders()], [[port.id, { id: instance.id, name: instance.name }]]);
  assert.throws(() => store.ports.remove(port.id), {
    code: 'PORT_IN_USE',
    details: { port: 'front', instance: instance.name },
  });
  store.addresses.releaseOf(instance.id, port.mac);
  store.addresses.release(instance.id);
  store.instances.remove(instance.id);
  assert.deepEqual(store.addresses.inNetwork('lab'), [{ network: 'lab', ...PAIRS[0], portId: port.id }]);
  store.ports.requireUnused(port.id);
  store.ports.remove(port.id);
  assert.deepEqual([store.ports.list(), store.addresses.inNetwork('lab')], [[], []]);
});

test('an address is for an instance or for a port, never for nobody and never for both', (context) => {
  const path = aPath(context);
  openStore(path).close();
  using database = new Database(path);
  const insert = (...holders: readonly (string | null)[]) =>
    database.run(
      'INSERT INTO addresses (network, address, mac, instance_id, port_id) VALUES (?, ?, ?, ?, ?)',
      ...['lab', '192.0.2.2', 'fa:16:3e:00:00:02', ...holders],
    );
  assert.throws(() => insert(null, null));
  assert.throws(() => insert('one', 'other'));
  assert.throws(() => insert('nobody', null));
});

test('a database from before there were ports keeps every address of its instances, and goes on giving them', (context) => {
  const path = aPath(context);
  const instance = anInstance();
  {
    using database = new Database(path);
    upgradeSchema(database, SCHEMA.slice(0, 4));
    database.run(
      'INSERT INTO instances (id, number, name, vm_state, record) VALUES (?, ?, ?, ?, ?)',
      ...[instance.id, 1, instance.name, instance.vmState, JSON.stringify(instance)],
    );
    database.run(
      'INSERT INTO addresses (network, address, mac, instance_id) VALUES (?, ?, ?, ?)',
      ...['lab', '192.0.2.2', 'fa:16:3e:00:00:02', instance.id],
    );
    database.run('INSERT INTO address_cursors (network, last_address) VALUES (?, ?)', 'lab', '192.0.2.2');
  }
  using store = openStore(path);
  assert.deepEqual(store.addresses.ofInstance(instance.id), [
    { network: 'lab', ...PAIRS[0], instanceId: instance.id },
  ]);
  const port = aPort(SECOND);
  store.transaction(() => {
    assert.equal(store.addresses.allocate({ portId: port.id, pool: POOL }).address, '192.0.2.3');
    store.ports.insert(port);
  });
  store.instances.remove(instance.id);
  assert.deepEqual(
    store.addresses.inNetwork('lab').map(({ address }) => address),
    ['192.0.2.3'],
  );
});
