import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Image } from '../../../src/model/index.ts';
import { Database } from '../../../src/store/database.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { SCHEMA, upgradeSchema } from '../../../src/store/schema.ts';
import { anInstance } from '../../unit/store/an-instance.ts';

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

function anImage(changes: Partial<Image> = {}): Image {
  return {
    id: '22222222-0000-4000-8000-000000000001',
    name: 'debian-12',
    diskFormat: 'qcow2',
    minDiskGiB: 2,
    minRamMiB: 256,
    sizeBytes: 1,
    virtualSizeBytes: 2,
    sha256: 'ab',
    sourceSha256: 'cd',
    properties: {},
    createdAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

test('the files of the database can be read by their owner alone, also under a careless umask', (context) => {
  const before = process.umask(0);
  context.after(() => process.umask(before));
  const store = aStore(context);
  store.instances.allocateNumber();
  for (const suffix of ['', '-wal', '-shm']) {
    assert.ok(existsSync(store.path + suffix));
    assert.equal(statSync(store.path + suffix).mode & 0o777, 0o600, suffix);
  }
  chmodSync(store.path, 0o644);
  openStore(store.path).close();
  assert.equal(statSync(store.path).mode & 0o777, 0o600);
});

test('records are there again after the store is opened anew', (context) => {
  const path = aPath(context);
  {
    using store = openStore(path);
    store.instances.insert(anInstance());
  }
  using store = openStore(path);
  assert.deepEqual(store.instances.list(), [anInstance()]);
  assert.deepEqual(store.instances.find('1111'), anInstance());
});

test('a name is taken once, by insert and by renaming', (context) => {
  const store = aStore(context);
  store.instances.insert(anInstance());
  const other = anInstance({ id: '44444444-0000-4000-8000-000000000001', number: 2 });
  assert.throws(() => store.instances.insert(other), { code: 'INSTANCE_NAME_TAKEN', kind: 'conflict' });
  store.instances.insert({ ...other, name: 'brave-owl' });
  assert.throws(() => store.instances.update(other), { code: 'INSTANCE_NAME_TAKEN' });
  assert.equal(store.instances.find('brave-owl').number, 2);
});

test('change writes what it made of the current record, and nothing when it throws', (context) => {
  const store = aStore(context);
  store.instances.insert(anInstance());
  store.instances.change(anInstance().id, (current) => ({ ...current, vmState: 'active' }));
  assert.throws(() =>
    store.instances.change(anInstance().id, () => {
      throw new Error('no');
    }),
  );
  assert.equal(store.instances.get(anInstance().id)?.vmState, 'active');
  assert.throws(() => store.instances.change('nobody', (current) => current), { code: 'INSTANCE_NOT_FOUND' });
});

test('numbers are never given twice, also when the instance is removed', (context) => {
  const store = aStore(context);
  assert.equal(store.instances.peekNumber(), 1);
  assert.equal(store.instances.allocateNumber(), 1);
  store.instances.insert(anInstance());
  store.instances.remove(anInstance().id);
  assert.equal(store.instances.allocateNumber(), 2);
});

test('a transaction that throws leaves no number, record or address behind', (context) => {
  const store = aStore(context);
  const pool = { network: 'n', pairs: [{ address: '10.0.0.2', mac: 'fa:16:3e:00:00:02' }] };
  assert.throws(() =>
    store.transaction(() => {
      const number = store.instances.allocateNumber();
      store.addresses.allocate({ instanceId: anInstance().id, pool });
      store.instances.insert(anInstance({ number }));
      throw new Error('no');
    }),
  );
  assert.equal(store.instances.peekNumber(), 1);
  assert.deepEqual(store.instances.list(), []);
  assert.deepEqual(store.addresses.inNetwork('n'), []);
});

test('the five default flavors exist from the start; others come and go', (context) => {
  const store = aStore(context);
  const names = () => store.flavors.list().map((flavor) => flavor.name);
  assert.deepEqual(names(), ['m1.tiny', 'm1.small', 'm1.medium', 'm1.large', 'm1.xlarge']);
  const mine = { ...store.flavors.get('m1.tiny'), name: 'mine', extraSpecs: { 'hw:cpu_policy': 'shared' } };
  store.flavors.insert(mine);
  assert.deepEqual(store.flavors.get('mine'), mine);
  assert.throws(() => store.flavors.insert(mine), { code: 'FLAVOR_EXISTS' });
  store.flavors.remove('mine');
  assert.throws(() => store.flavors.remove('mine'), {
    code: 'FLAVOR_NOT_FOUND',
    hint: /m1\.tiny, m1\.small/,
  });
});

test('a default flavor that was removed stays away', (context) => {
  const path = aPath(context);
  {
    using store = openStore(path);
    store.flavors.remove('m1.xlarge');
  }
  using store = openStore(path);
  assert.equal(store.flavors.list().length, 4);
});

test('images are found by name, id and beginning of the id', (context) => {
  const store = aStore(context);
  assert.throws(() => store.images.find('debian-12'), { code: 'IMAGE_NOT_FOUND', hint: /no images yet/ });
  store.images.insert(anImage());
  const twin = anImage({ id: '22222222-0000-4000-8000-000000000002', name: 'other' });
  assert.throws(() => store.images.insert({ ...twin, name: 'debian-12' }), { code: 'IMAGE_EXISTS' });
  store.images.insert(twin);
  assert.deepEqual(store.images.find('debian-12'), anImage());
  assert.deepEqual(store.images.find(anImage().id), anImage());
  assert.throws(() => store.images.find('2222'), { code: 'IMAGE_AMBIGUOUS' });
  store.images.remove(twin.id);
  assert.deepEqual(store.images.find('2222'), anImage());
  assert.throws(() => store.images.find('fedora'), { code: 'IMAGE_NOT_FOUND', hint: /debian-12/ });
});

test('addresses are given in turn with their MAC addresses, a freed one last, and go with their instance', (context) => {
  const store = aStore(context);
  const pairs = [2, 3, 4].map((last) => ({ address: `10.0.0.${last}`, mac: `fa:16:3e:00:00:0${last}` }));
  const pool = { network: 'n', pairs };
  store.instances.insert(anInstance());
  const instanceId = anInstance().id;
  const next = () => store.addresses.allocate({ instanceId, pool }).address;
  assert.equal(store.addresses.peek(pool), '10.0.0.2');
  assert.deepEqual(store.addresses.allocate({ instanceId, pool }), { network: 'n', instanceId, ...pairs[0] });
  assert.deepEqual(store.addresses.release(instanceId), [{ network: 'n', instanceId, ...pairs[0] }]);
  assert.deepEqual([next(), next(), next()], ['10.0.0.3', '10.0.0.4', '10.0.0.2']);
  assert.throws(next, { code: 'ADDRESS_EXHAUSTED', kind: 'exhausted' });
  assert.throws(() => store.addresses.allocate({ instanceId, pool: { network: 'other', pairs } }), {
    code: 'MAC_TAKEN',
  });
  assert.equal(store.addresses.ofInstance(instanceId).length, 3);
  store.instances.remove(instanceId);
  assert.deepEqual(store.addresses.inNetwork('n'), []);
});

test('a chosen address is given if nobody has it, does not move the turn, and is passed over by it', (context) => {
  const store = aStore(context);
  const pairs = [2, 3, 4].map((last) => ({ address: `10.0.0.${last}`, mac: `fa:16:3e:00:00:0${last}` }));
  const pool = { network: 'n', pairs };
  const [first = assert.fail('no pair'), second = first] = pairs;
  store.instances.insert(anInstance({ name: 'holder' }));
  const instanceId = anInstance().id;
  assert.deepEqual(store.addresses.take({ instanceId, pool }, second), {
    network: 'n',
    instanceId,
    ...second,
  });
  for (const ask of [
    () => store.addresses.take({ instanceId, pool }, second),
    () => store.addresses.requireFree('n', second.address),
  ]) {
    assert.throws(ask, {
      code: 'ADDRESS_TAKEN',
      message: /^holder has the address 10\.0\.0\.3 on n already$/,
    });
  }
  store.addresses.requireFree('other', second.address);
  assert.deepEqual(
    [store.addresses.peek(pool), store.addresses.peek(pool, ['10.0.0.2'])],
    ['10.0.0.2', '10.0.0.4'],
  );
  const next = () => store.addresses.allocate({ instanceId, pool }).address;
  assert.deepEqual([next(), next()], ['10.0.0.2', '10.0.0.4']);
});

test('an address for an instance that has no record is refused', (context) => {
  const store = aStore(context);
  const pool = { network: 'n', pairs: [{ address: '10.0.0.2', mac: 'fa:16:3e:00:00:02' }] };
  assert.throws(() => store.addresses.allocate({ instanceId: 'nobody', pool }));
  assert.deepEqual(store.addresses.inNetwork('n'), []);
});

test('a database from the future is not touched', (context) => {
  const path = aPath(context);
  openStore(path).close();
  {
    using database = new Database(path);
    database.script(`PRAGMA user_version = ${SCHEMA.length + 1}`);
  }
  assert.throws(() => openStore(path), { code: 'STORE_TOO_NEW', kind: 'unsupported' });
});

test('an upgrade runs the missing steps once, and one that fails leaves the old version', (context) => {
  using database = new Database(aPath(context));
  const one = () => database.script('CREATE TABLE a (x)');
  upgradeSchema(database, [one]);
  const failing = () => {
    database.script('INSERT INTO a VALUES (1)');
    throw new Error('no');
  };
  assert.throws(() => upgradeSchema(database, [one, failing]), /no/);
  assert.deepEqual(database.all('SELECT x FROM a'), []);
  const second = () => database.script('INSERT INTO a VALUES (2)');
  upgradeSchema(database, [one, second]);
  upgradeSchema(database, [one, second]);
  assert.equal(database.all('SELECT x FROM a').length, 1);
});

test('a damaged file, a missing directory and a damaged record each say so', (context) => {
  const path = aPath(context);
  writeFileSync(path, 'this is no database, whatever its name says, and it is long enough to be looked at');
  assert.throws(() => openStore(path), { code: 'STORE_CORRUPT', kind: 'corrupt', hint: /backup/ });
  assert.throws(() => openStore(join(path, 'deeper', 'x.db')), { code: 'STORE_UNUSABLE' });
  const good = aStore(context);
  using database = new Database(good.path);
  database.run("INSERT INTO flavors (name, record) VALUES ('bad', '{')");
  assert.throws(() => good.flavors.get('bad'), { code: 'STORE_CORRUPT', message: /not JSON/ });
});

test('an instance that another process removed is told by its name, however it was asked for', (context) => {
  const path = aPath(context);
  const [ours, theirs] = [openStore(path), openStore(path)];
  context.after(() => [ours, theirs].forEach((store) => void store.close()));
  const instance = anInstance({ name: 'gone-owl' });
  ours.instances.insert(instance);
  ours.instances.find('gone-owl');
  theirs.instances.remove(instance.id);
  const message = 'Instance gone-owl was deleted meanwhile';
  const { instances } = ours;
  assert.throws(() => instances.find(instance.id), { code: 'INSTANCE_NOT_FOUND', message });
  assert.throws(() => instances.change(instance.id, (current) => current), { message });
  assert.throws(() => instances.update(instance), { message });
  assert.throws(() => instances.find('gone-owl'), { message: 'There is no instance "gone-owl"' });
});
