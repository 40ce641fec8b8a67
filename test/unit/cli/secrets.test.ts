import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import { checkHash, generatePassword } from '../../../src/cli/secrets.ts';

test('made-up passwords are long, differ, and hold nothing that a shell or a keyboard changes', async () => {
  const passwords = (await Promise.all(Array.from({ length: 200 }, generatePassword))).map((made) =>
    made.reveal(),
  );
  assert.equal(new Set(passwords).size, 200);
  for (const password of passwords) assert.match(password, /^[a-km-zA-HJ-NP-Z2-9]{20}$/);
});

test('a crypt hash goes through, anything that would break /etc/shadow does not', () => {
  const hash = `$6$rounds=5000$saltsalt$${'aZ9./'.repeat(18).slice(0, 86)}`;
  assert.equal(checkHash(new Secret(hash)).reveal(), hash);
  for (const text of ['short', `${hash}:x`, `${hash} x`, `${hash}\nroot::0`]) {
    assert.throws(
      () => checkHash(new Secret(text)),
      (error: unknown) => isFault(error, 'PASSWORD_INVALID') && !error.message.includes(text),
    );
  }
});
