import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { type GuestInput, UserData } from '../../../src/model/index.ts';
import { Database } from '../../../src/store/database.ts';
import { openStore } from '../../../src/store/index.ts';
import { SCHEMA, upgradeSchema } from '../../../src/store/schema.ts';
import { anInstance } from '../../unit/store/an-instance.ts';

const SECRET = 'a-word-that-only-the-guest-may-read';
const { id } = anInstance();
const INPUT: GuestInput = {
  keys: [{ name: 'laptop', publicKey: 'ssh-ed25519 AAAA me@laptop' }],
  userData: new UserData(Buffer.from([0, 255, 10, ...Buffer.from(SECRET)])),
  vendorConfig: new UserData(Buffer.from('#cloud-config\n{}\n')),
  files: [{ path: '/etc/motd', content: Uint8Array.of(1, 2, 254) }],
  randomSeed: Buffer.alloc(512, 7),
};

function aPath(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'nvt-inputs-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'novalet.db');
}

/** What it holds, secrets too. */
function contents({ userData, vendorConfig, files, randomSeed, keys }: GuestInput): unknown {
  const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');
  return {
    keys,
    userData: hex(userData?.reveal()),
    vendorConfig: hex(vendorConfig?.reveal()),
    files: files.map(({ path, content }) => ({ path, content: hex(content) })),
    randomSeed: hex(randomSeed),
  };
}

test('what a guest was given is there again byte for byte, and a print of it shows no secret', (context) => {
  const path = aPath(context);
  {
    using store = openStore(path);
    store.instances.insert(anInstance());
    store.guestInputs.insert(id, INPUT);
  }
  using store = openStore(path);
  const read = store.guestInputs.get(id);
  assert.ok(read);
  assert.deepEqual(contents(read), contents(INPUT));
  assert.ok(!`${inspect(read, { depth: 9 })}${JSON.stringify(read)}`.includes(SECRET));
});

test('it goes with its instance, and no byte of it stays in the file', (context) => {
  const path = aPath(context);
  const encoded = Buffer.from(INPUT.userData?.reveal() ?? []).toString('base64');
  {
    using store = openStore(path);
    store.instances.insert(anInstance());
    store.guestInputs.insert(id, INPUT);
    store.postedPasswords.keep(id, 'posted-and-gone');
  }
  assert.ok(readFileSync(path, 'latin1').includes(encoded));
  {
    using store = openStore(path);
    store.instances.remove(id);
    assert.equal(store.guestInputs.get(id), undefined);
    assert.equal(store.postedPasswords.get(id), undefined);
  }
  const left = readFileSync(path, 'latin1');
  assert.ok(!left.includes(encoded));
  assert.ok(!left.includes('posted-and-gone'));
});

test('a file from before inputs were kept is brought up to date, and its instances have none', (context) => {
  const path = aPath(context);
  {
    using database = new Database(path);
    upgradeSchema(database, SCHEMA.slice(0, 2));
    database.run(
      "INSERT INTO instances (id, number, name, vm_state, record) VALUES (?, 1, 'old', 'active', ?)",
      id,
      JSON.stringify(anInstance({ name: 'old' })),
    );
  }
  using store = openStore(path);
  assert.equal(store.guestInputs.get(id), undefined);
  store.guestInputs.insert(id, INPUT);
  assert.ok(store.guestInputs.get(id));
  assert.throws(() => store.guestInputs.insert(id, INPUT), 'a second one is a mistake of the caller');
});

test('of two passwords that a guest posts the first is kept, until it is removed', (context) => {
  const path = aPath(context);
  using one = openStore(path);
  using other = openStore(path);
  one.instances.insert(anInstance());
  assert.equal(one.postedPasswords.get(id), undefined);
  assert.equal(one.postedPasswords.keep(id, 'first'), true);
  assert.equal(other.postedPasswords.keep(id, 'second'), false);
  assert.equal(other.postedPasswords.get(id), 'first');
  assert.equal(other.postedPasswords.remove(id), true);
  assert.equal(one.postedPasswords.remove(id), false);
  assert.equal(one.postedPasswords.keep(id, 'third'), true);
  assert.throws(() => one.postedPasswords.keep('00000000-0000-4000-8000-000000000000', 'nobody'));
});
