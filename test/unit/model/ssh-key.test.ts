import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { parsePublicKey } from '../../../src/model/index.ts';
import { ECDSA_KEY, ED25519_KEY } from '../metadata/sample.ts';

const RSA_MODULUS = Buffer.concat([Buffer.from([0]), Buffer.alloc(256, 0xc5)]);

function blob(...fields: readonly (string | Buffer)[]): string {
  const strings = fields.map((field) => {
    const bytes = Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return Buffer.concat(strings).toString('base64');
}

function point(coordinateBytes: number): Buffer {
  return Buffer.concat([Buffer.from([4]), Buffer.alloc(2 * coordinateBytes, 7)]);
}

const key = Buffer.alloc(32, 9);
const exponent = Buffer.from([1, 0, 1]);

const GOOD: readonly string[] = [
  ED25519_KEY,
  ECDSA_KEY,
  `ssh-rsa ${blob('ssh-rsa', exponent, RSA_MODULUS)}`,
  `ecdsa-sha2-nistp384 ${blob('ecdsa-sha2-nistp384', 'nistp384', point(48))} me`,
  `ecdsa-sha2-nistp521 ${blob('ecdsa-sha2-nistp521', 'nistp521', point(66))}`,
  `sk-ssh-ed25519@openssh.com ${blob('sk-ssh-ed25519@openssh.com', key, 'ssh:')} token`,
  `sk-ecdsa-sha2-nistp256@openssh.com ${blob('sk-ecdsa-sha2-nistp256@openssh.com', 'nistp256', point(32), 'ssh:')}`,
];

test('a public key of each type that OpenSSH takes is accepted and kept as one line', () => {
  for (const text of GOOD) assert.deepEqual(parsePublicKey('k', text), { name: 'k', publicKey: text });
});

test('blanks, lines of comment and line ends around a key are dropped', () => {
  const text = `# my key\r\n\r\n  ${ED25519_KEY.replaceAll(' ', '  ')} of mine\r\n`;
  assert.equal(parsePublicKey('k', text).publicKey, `${ED25519_KEY} of mine`);
});

const BAD: readonly (readonly [string, string])[] = [
  ['nothing', ' \n# only a comment\n'],
  ['an unknown type', `ssh-foo ${blob('ssh-foo', key)}`],
  ['options before the key', `no-pty ${ED25519_KEY}`],
  ['no blob', 'ssh-ed25519'],
  ['a blob that is not base64', 'ssh-ed25519 AAAA*AAA'],
  ['a blob of another type', `ssh-rsa ${ED25519_KEY.split(' ')[1]}`],
  ['a blob that ends early', `ssh-ed25519 ${blob('ssh-ed25519', key).slice(0, 40)}`],
  ['a key that is too short', `ssh-ed25519 ${blob('ssh-ed25519', Buffer.alloc(31))}`],
  ['something behind the key', `ssh-ed25519 ${blob('ssh-ed25519', key, 'more')}`],
  ['an RSA modulus that is too short', `ssh-rsa ${blob('ssh-rsa', exponent, Buffer.alloc(64, 1))}`],
  ['a point on another curve', `ecdsa-sha2-nistp256 ${blob('ecdsa-sha2-nistp256', 'nistp384', point(32))}`],
  ['two keys', `${ED25519_KEY}\n${ECDSA_KEY}\n`],
  ['a control character', `${ED25519_KEY}\u0007`],
  ['a PEM public key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'],
  ['an SSH2 public key', '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n'],
  ['far too much text', `${ED25519_KEY} ${'x'.repeat(20_000)}`],
];

for (const [what, text] of BAD) {
  test(`a public key with ${what} is refused`, () => {
    assert.throws(
      () => parsePublicKey('laptop', text),
      (error) => {
        assert.ok(isFault(error, 'SSH_KEY_INVALID'));
        assert.match(error.message, /"laptop"/);
        return true;
      },
    );
  });
}

test('a private key is refused as one, and its text is not repeated', () => {
  for (const kind of ['OPENSSH ', 'RSA ', 'EC ', 'ENCRYPTED ', '']) {
    const text = `-----BEGIN ${kind}PRIVATE KEY-----\nc2VjcmV0\n-----END ${kind}PRIVATE KEY-----\n`;
    assert.throws(
      () => parsePublicKey('k', text),
      (error) => {
        assert.ok(isFault(error, 'SSH_KEY_IS_PRIVATE'));
        assert.doesNotMatch(`${error.message}${error.hint}`, /c2VjcmV0/);
        return true;
      },
    );
  }
  const putty = 'PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nc2VjcmV0\n';
  assert.throws(
    () => parsePublicKey('k', putty),
    (error) => isFault(error, 'SSH_KEY_IS_PRIVATE'),
  );
});
