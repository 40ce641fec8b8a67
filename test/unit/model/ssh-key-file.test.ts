import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { parseSshKeys } from '../../../src/model/index.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJh';

test('each key of a file is named by its comment, or by the file', () => {
  assert.deepEqual(parseSshKeys(`# mine\n${KEY} me@desk at home\n\n${KEY}\r\n`, 'keys/id_ed25519.pub'), [
    { name: 'me@desk at home', publicKey: `${KEY} me@desk at home` },
    { name: 'id_ed25519', publicKey: KEY },
  ]);
});

test('a private key is refused with the name of the public one, and not a word of it is repeated', () => {
  const text = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n-----END OPENSSH PRIVATE KEY-----\n';
  assert.throws(
    () => parseSshKeys(text, 'id_ed25519'),
    (error: unknown) =>
      isFault(error, 'SSH_KEY_INVALID') &&
      error.hint === 'Give the public one: id_ed25519.pub' &&
      !error.message.includes('b3Bl'),
  );
});

test('what is no key, and a file without one, are refused', () => {
  for (const text of ['', '# only words\n', 'ssh-ed25519 hello', 'hello world', `${KEY}\nrubbish`]) {
    assert.throws(
      () => parseSshKeys(text, 'f'),
      (error: unknown) => isFault(error, 'SSH_KEY_INVALID'),
    );
  }
});
