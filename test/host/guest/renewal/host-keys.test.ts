// Host keys as OpenSSH's own programs read them.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { HOST_KEY_TYPES, type HostKeyType, makeHostKeys } from '../../../../src/guest/index.ts';
import { runProgram } from '../../../../src/hostlink/index.ts';

const LISTED: Readonly<Record<HostKeyType, RegExp>> = {
  ed25519: /^256 SHA256:\S{43} root@web \(ED25519\)$/,
  ecdsa: /^256 SHA256:\S{43} root@web \(ECDSA\)$/,
  rsa: /^3072 SHA256:\S{43} root@web \(RSA\)$/,
};
/** A number that begins with zeros or with a set bit is one key of 256, or of two: so many keys meet both. */
const MANY = 60;

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novalet-host-keys-'));
});
after(() => rm(folder, { recursive: true }));

/** Runs ssh-keygen with the key in a file. */
async function keygen(privateKey: string, options: readonly string[], more: readonly string[] = []) {
  const path = join(folder, 'key');
  await rm(path, { force: true });
  await writeFile(path, privateKey, { mode: 0o600 });
  return (await runProgram('ssh-keygen', [...options, '-f', path, ...more])).stdout.trim();
}

test('ssh-keygen reads each key, finds its public half and comment in it, and tells its size', async () => {
  const keys = await makeHostKeys(HOST_KEY_TYPES, 'root@web');
  assert.deepEqual(
    keys.map(({ type }) => type),
    HOST_KEY_TYPES,
  );
  for (const { type, privateKey, publicKey } of keys) {
    assert.equal(await keygen(privateKey.reveal(), ['-y', '-P', '']), publicKey);
    assert.match(await keygen(privateKey.reveal(), ['-l']), LISTED[type]);
    assert.ok(privateKey.reveal().endsWith('-----END OPENSSH PRIVATE KEY-----\n'));
  }
});

test('each private key signs what its public half verifies', async () => {
  for (const { privateKey, publicKey } of await makeHostKeys(HOST_KEY_TYPES, 'root@web')) {
    const message = join(folder, 'message');
    const signers = join(folder, 'signers');
    await writeFile(message, 'hello\n');
    await writeFile(signers, `root@web ${publicKey}\n`);
    await rm(`${message}.sig`, { force: true });
    await keygen(privateKey.reveal(), ['-q', '-Y', 'sign', '-n', 'file'], [message]);
    const words = ['-Y', 'verify', '-n', 'file', '-I', 'root@web', '-f', signers, '-s', `${message}.sig`];
    const { stdout } = await runProgram('ssh-keygen', words, { stdin: 'hello\n' });
    assert.match(stdout, /^Good "file" signature/);
  }
});

test('numbers that begin with zeros or with a set bit are read as well', async () => {
  for (const type of ['ed25519', 'ecdsa'] as const) {
    const made = await Promise.all(Array.from({ length: MANY }, () => makeHostKeys([type], '')));
    const keys = made.flat();
    assert.equal(new Set(keys.map(({ publicKey }) => publicKey)).size, MANY);
    for (const { privateKey, publicKey } of keys)
      assert.equal((await keygen(privateKey.reveal(), ['-y', '-P', ''])).trimEnd(), publicKey);
  }
});
