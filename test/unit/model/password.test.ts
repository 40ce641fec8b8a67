import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import { checkPasswordHash, checkPlainPassword, checkUserName } from '../../../src/model/index.ts';

const b64 = (count: number) => 'aZ9./'.repeat(20).slice(0, count);
const invalid = (error: unknown) => isFault(error, 'PASSWORD_INVALID') && !error.message.includes('aZ9');

const WHOLE = [
  `$y$j9T$${b64(22)}$${b64(43)}`,
  `$gy$j9T$${b64(22)}$${b64(43)}`,
  `$7$CU..../....${b64(22)}$${b64(43)}`,
  `$2b$12$${b64(53)}`,
  `$6$${b64(16)}$${b64(86)}`,
  `$6$rounds=5000$${b64(8)}$${b64(86)}`,
  `$5$${b64(16)}$${b64(43)}`,
];

test('a whole hash of every method in use goes through', () => {
  for (const hash of WHOLE) assert.doesNotThrow(() => checkPasswordHash(new Secret(hash)), hash);
});

test('a hash that was cut, lengthened or broken, and one of a method that is out of use, is refused', () => {
  for (const hash of WHOLE) {
    for (const broken of [hash.slice(0, -1), `${hash}a`, `${hash}\n`, `${hash}:0`, `!${hash}`]) {
      assert.throws(() => checkPasswordHash(new Secret(broken)), invalid, broken);
    }
  }
  const outOfUse = [`$1$${b64(8)}$${b64(22)}`, b64(13), '', '*', '!'];
  for (const hash of outOfUse) assert.throws(() => checkPasswordHash(new Secret(hash)), invalid, hash);
});

test('a password of one line goes through, one that would break the line does not', () => {
  checkPlainPassword(new Secret('ü: $6$ x'));
  for (const text of ['', 'a\nb', 'a\rb', 'a\0', 'x'.repeat(4097)]) {
    assert.throws(() => checkPlainPassword(new Secret(text)), invalid);
  }
});

test('a name with a colon, a slash, a space or a leading dash is no user', () => {
  for (const name of ['root', 'a.b-c_d', 'Administrator', 'müller', 'svc$']) checkUserName(name);
  for (const name of ['', 'a:b', 'a b', '../x', '-root', 'a\nb', 'x'.repeat(257)]) {
    assert.throws(
      () => checkUserName(name),
      (error) => isFault(error, 'PASSWORD_USER_INVALID'),
    );
  }
});
