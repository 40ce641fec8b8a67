// A password as a guest posts it, from openssl through the metadata service into the records, and out again with keys in
// every form that ssh-keygen and openssl write.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { guestRecords } from '../../../src/app/metadata/records.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { anInstance } from '../../unit/store/an-instance.ts';
import { openService } from '../../wire/metadata-service/support.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 120_000 };
const PASSWORD = 'n0t-for Äll;"';
const PASSPHRASE = 'six words';
let world: World;
const { id } = anInstance();

before(async () => {
  world = await World.make();
  await world.compute(); // makes the state directory
  await world.closeCompute();
  using store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  store.transaction(() => store.instances.insert(anInstance({ name: 'win', vmState: 'active' })));
  await key('own', '-m', 'PEM');
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

function path(name: string): string {
  return join(world.stateDir, name);
}

/** An RSA key in the form that the words ask for. */
async function key(name: string, ...words: readonly string[]): Promise<string> {
  await rm(path(name), { force: true });
  await runProgram('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', ...words, '-f', path(name)]);
  return path(name);
}

/** The same key in another form. */
async function copied(name: string, ...words: readonly string[]): Promise<string> {
  await writeFile(path(name), await readFile(path('own')), { mode: 0o600 });
  if (words.length > 0) await runProgram('ssh-keygen', ['-q', '-p', '-P', '', ...words, '-f', path(name)]);
  return path(name);
}

/** As cloudbase-init does: PKCS#1 v1.5 for the public key, base64 without line breaks. */
async function encrypt(): Promise<string> {
  await writeFile(path('clear'), PASSWORD);
  const words = [
    'pkeyutl',
    '-encrypt',
    '-inkey',
    path('own'),
    '-in',
    path('clear'),
    '-out',
    path('encrypted'),
  ];
  await runProgram('openssl', words);
  return (await readFile(path('encrypted'))).toString('base64');
}

async function post(body: string): Promise<number> {
  const compute = await world.compute();
  await using opened = await openService({
    identification: { kind: 'direct', whoAsks: () => id },
    records: guestRecords(compute),
  });
  const answer = await fetch(`http://127.0.0.1:${opened.port}/openstack/2013-04-04/password`, {
    method: 'POST',
    body,
  });
  await answer.body?.cancel();
  await world.closeCompute();
  return answer.status;
}

test('before the guest has posted there is nothing, and that is said', BOUND, async () => {
  const { status, stderr } = await world.novalet(['get-password', 'win']);
  assert.equal(status, 3, stderr);
  assert.match(stderr, /POSTED_PASSWORD_MISSING/);
});

test('what the guest posts once is decrypted with its key in each form', BOUND, async () => {
  const posted = await encrypt();
  assert.equal(await post(posted), 200);
  assert.equal(await post(posted), 409);
  const { stdout: shown } = await world.novalet(['get-password', 'win']);
  assert.equal(shown.trim(), posted);
  const pkcs8 = path('pkcs8');
  await runProgram('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', path('own'), '-out', pkcs8]);
  for (const file of [await copied('pkcs1'), await copied('openssh', '-N', ''), pkcs8]) {
    const { status, stdout, stderr } = await world.novalet(['get-password', 'win', '--key', file]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `${PASSWORD}\n`, file);
  }
  const { stdout } = await world.novalet(['get-password', 'win', '--key', path('pkcs1'), '-o', 'json']);
  assert.deepEqual(JSON.parse(stdout), { instance: 'win', password: PASSWORD });
});

test('a key with a passphrase wants it, and a wrong one is told as such', BOUND, async () => {
  await writeFile(path('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  await writeFile(path('wrong'), 'another\n', { mode: 0o600 });
  const forms = [
    await copied('locked-openssh', '-N', PASSPHRASE),
    await copied('locked-pem', '-m', 'PEM', '-N', PASSPHRASE),
  ];
  for (const file of forms) {
    const words = ['get-password', 'win', '--key', file];
    const right = await world.novalet([...words, '--passphrase-file', path('passphrase')]);
    assert.deepEqual([right.stdout, right.status], [`${PASSWORD}\n`, 0], right.stderr);
    const wrong = await world.novalet([...words, '--passphrase-file', path('wrong')]);
    assert.equal(wrong.status, 5, wrong.stderr);
    assert.match(wrong.stderr, /PASSPHRASE_WRONG/);
    const none = await world.novalet(words);
    assert.match(none.stderr, /NO_TERMINAL/);
  }
});

test(
  'another key, one that is not RSA, a public one and no key at all are each told apart',
  BOUND,
  async () => {
    await key('other');
    const kinds = [
      ['ed25519', 'PRIVATE_KEY_NOT_RSA'],
      ['ecdsa', 'PRIVATE_KEY_NOT_RSA'],
    ] as const;
    for (const [type, code] of kinds) {
      await runProgram('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', path(type)]);
      const { stderr } = await world.novalet(['get-password', 'win', '--key', path(type)]);
      assert.match(stderr, new RegExp(code));
    }
    for (const [file, code] of [
      ['other', 'PRIVATE_KEY_WRONG'],
      ['own.pub', 'PRIVATE_KEY_INVALID'],
      ['clear', 'PRIVATE_KEY_INVALID'],
    ] as const) {
      const { status, stderr } = await world.novalet(['get-password', 'win', '--key', path(file)]);
      assert.equal(status, 2, stderr);
      assert.match(stderr, new RegExp(code));
      assert.ok(!stderr.includes(PASSWORD));
    }
  },
);

test('a password that was cleared is gone, and the guest may post another', BOUND, async () => {
  const { status, stderr } = await world.novalet(['get-password', 'win', '--clear']);
  assert.equal(status, 0, stderr);
  assert.equal((await world.novalet(['get-password', 'win', '--clear'])).status, 3);
  assert.equal(await post(await encrypt()), 200);
  const { stdout } = await world.novalet(['get-password', 'win', '--key', path('own')]);
  assert.equal(stdout, `${PASSWORD}\n`);
});
