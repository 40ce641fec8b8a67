// The copy of a store that a dry run works on: all that the store has, without a trace of having looked.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Database } from '../../../src/store/database.ts';
import { openStore, openStoreCopy } from '../../../src/store/index.ts';
import { SCHEMA, upgradeSchema } from '../../../src/store/schema.ts';
import { anInstance } from '../../unit/store/an-instance.ts';
import { bytesOf } from '../support/bytes-of.ts';
import { StoreProcess } from './store-process.ts';

function aDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'nvt-store-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The database and its journal, without the index in which every reader says where it stands. */
function filesOf(directory: string): readonly string[] {
  return bytesOf(directory).filter((line) => /^novalet\.db(-wal)? /.test(line));
}

/** A store with one instance that has an address and a lease, closed again. */
function aClosedStore(directory: string): string {
  const path = join(directory, 'novalet.db');
  using store = openStore(path);
  store.transaction(() => {
    store.instances.insert(anInstance());
    const pool = { network: 'n', pairs: [{ address: '10.0.0.2', mac: 'fa:16:3e:00:00:02' }] };
    store.addresses.allocate({ instanceId: anInstance().id, pool });
    store.leases.acquire('image:x', 'add');
  });
  return path;
}

test('a copy has every record, and its file stays as it was, byte for byte', (context) => {
  const directory = aDirectory(context);
  const path = aClosedStore(directory);
  const before = bytesOf(directory);
  {
    using copy = openStoreCopy(path);
    assert.deepEqual(copy.instances.list(), [anInstance()]);
    assert.deepEqual(copy.addresses.inNetwork('n').length, 1);
    assert.equal(copy.leases.get('image:x')?.what, 'add');
    assert.ok(copy.flavors.list().length > 1);
    assert.deepEqual(bytesOf(directory), before);
    copy.instances.remove(anInstance().id);
    assert.deepEqual(
      copy.addresses.inNetwork('n'),
      [],
      'what hangs on a record goes with it, as in the file',
    );
  }
  assert.deepEqual(bytesOf(directory), before);
  using store = openStore(path);
  assert.equal(store.instances.list().length, 1, 'what the copy forgot, the file remembers');
});

test('a copy has what another process has written and not yet checkpointed, and leaves its journal alone', (context) => {
  const directory = aDirectory(context);
  const path = join(directory, 'novalet.db');
  using store = openStore(path);
  store.instances.insert(anInstance());
  const before = filesOf(directory);
  using copy = openStoreCopy(path);
  assert.equal(copy.instances.list().length, 1);
  assert.deepEqual(filesOf(directory), before);
});

test('a copy has what stands in a journal alone, as a restored backup or a killed process leaves it', (context) => {
  const directory = aDirectory(context);
  const path = join(directory, 'novalet.db');
  using store = openStore(path);
  store.instances.insert(anInstance());
  for (const lost of [[], ['-shm']]) {
    const restored = aDirectory(context);
    for (const suffix of ['', '-wal', '-shm'].filter((part) => !lost.includes(part)))
      copyFileSync(path + suffix, join(restored, `novalet.db${suffix}`));
    const before = filesOf(restored);
    using copy = openStoreCopy(join(restored, 'novalet.db'));
    assert.equal(copy.instances.list().length, 1);
    assert.deepEqual(filesOf(restored), before);
  }
});

test('copies made while another process opens, writes and closes are each of one moment', async (context) => {
  const path = join(aDirectory(context), 'novalet.db');
  openStore(path).close();
  await using writer = await StoreProcess.start(path);
  const written = writer.ask('reopen', '100').then(() => 100);
  const seen: number[] = [];
  for (let done = 0; done === 0; done = await Promise.race([written, setImmediate(0)])) {
    using copy = openStoreCopy(path);
    const instances = copy.instances.list();
    assert.equal(copy.instances.peekNumber(), instances.length + 1);
    seen.push(instances.length);
  }
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  using copy = openStoreCopy(path);
  assert.equal(copy.instances.list().length, 100);
});

test('a copy of a file that an older version wrote is of this version, and the file stays old', (context) => {
  const directory = aDirectory(context);
  const path = join(directory, 'novalet.db');
  {
    using database = new Database(path);
    upgradeSchema(database, SCHEMA.slice(0, 1));
    const { tags: _tags, ...record } = anInstance();
    database.run(
      'INSERT INTO instances (id, number, name, vm_state, record) VALUES (?, ?, ?, ?, ?)',
      ...[record.id, record.number, record.name, record.vmState, JSON.stringify(record)],
    );
  }
  const before = bytesOf(directory);
  using copy = openStoreCopy(path);
  assert.deepEqual(copy.instances.list()[0]?.tags, []);
  assert.deepEqual(bytesOf(directory), before);
});

test('where there is no file, a copy is a new store, and no file is made', (context) => {
  const path = join(aDirectory(context), 'deeper', 'novalet.db');
  using copy = openStoreCopy(path);
  assert.ok(copy.flavors.list().length > 1);
  assert.deepEqual(copy.instances.list(), []);
  assert.ok(!existsSync(path));
});

test('a file from the future and one that is no database each say so', (context) => {
  const directory = aDirectory(context);
  const path = aClosedStore(directory);
  {
    using database = new Database(path);
    database.script(`PRAGMA user_version = ${SCHEMA.length + 1}`);
  }
  assert.throws(() => openStoreCopy(path), { code: 'STORE_TOO_NEW', kind: 'unsupported' });
  writeFileSync(path, 'this is no database, whatever its name says, and it is long enough to be looked at');
  assert.throws(() => openStoreCopy(path), { code: 'STORE_CORRUPT', kind: 'corrupt' });
});
