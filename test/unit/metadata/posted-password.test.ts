import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { openPostedPassword } from '../../../src/metadata/index.ts';

const OWN = generateKeyPairSync('rsa', { modulusLength: 2048 });
const LONGER = generateKeyPairSync('rsa', { modulusLength: 3072 });
const CURVE = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function encrypted(text: string | Buffer, padding = constants.RSA_PKCS1_PADDING): string {
  return publicEncrypt({ key: OWN.publicKey, padding }, Buffer.from(text)).toString('base64');
}

test('what was encrypted for the key is read, whatever line breaks the guest put in', () => {
  const posted = encrypted('Pä$$w0rd;" \\');
  assert.equal(openPostedPassword(posted, OWN.privateKey).reveal(), 'Pä$$w0rd;" \\');
  const wrapped = posted.replaceAll(/(.{64})/g, '$1\r\n');
  assert.equal(openPostedPassword(`${wrapped}\n`, OWN.privateKey).reveal(), 'Pä$$w0rd;" \\');
});

test('an empty password is one', () => {
  assert.equal(openPostedPassword(encrypted(''), OWN.privateKey).reveal(), '');
});

test('a key of another size is told to be another one', () => {
  assert.throws(
    () => openPostedPassword(encrypted('secret'), LONGER.privateKey),
    (error) => isFault(error, 'PRIVATE_KEY_WRONG'),
  );
});

const BLOCKS = [
  ['does not begin with zero', [1, 2]],
  ['has a one where the two should be', [0, 1]],
  ['ends its padding before eight bytes', [0, 2, 1, 1, 1, 1, 1, 1, 1, 0]],
  ['never ends its padding', [0, 2]],
] as const;

for (const [what, beginning] of BLOCKS) {
  test(`a block that ${what} comes of another key, and gives no random text`, () => {
    const block = Buffer.alloc(256, 0xff);
    block.set(beginning);
    const posted = encrypted(block, constants.RSA_NO_PADDING);
    assert.throws(
      () => openPostedPassword(posted, OWN.privateKey),
      (error) => isFault(error, 'PRIVATE_KEY_WRONG'),
    );
  });
}

test('only an RSA key, and only its private half, is taken', () => {
  for (const key of [CURVE.privateKey, OWN.publicKey]) {
    assert.throws(
      () => openPostedPassword(encrypted('secret'), key),
      (error) => isFault(error, 'PRIVATE_KEY_NOT_RSA'),
    );
  }
});

test('what is no base64, or no text inside, is no encrypted password', () => {
  for (const posted of ['not base64!', '', encrypted(Buffer.from([0xff, 0xfe]))]) {
    assert.throws(
      () => openPostedPassword(posted, OWN.privateKey),
      (error) => isFault(error, 'POSTED_PASSWORD_INVALID'),
    );
  }
});
