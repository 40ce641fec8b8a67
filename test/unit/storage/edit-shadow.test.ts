import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editShadow, findAccount } from '../../../src/storage/offline/edit-shadow.ts';
import { quoted } from '../../../src/storage/offline/guestfish.ts';

const SHADOW = 'root:*:19000:0:99999:7:::\nrootless:!:1::::::\n\xe9:x:1\nweird\n';
const NOW = 20_000 * 86_400_000 + 5;

test('a hash goes into the line of that user alone, dated today', () => {
  const text = editShadow(SHADOW, 'root', { hash: '$6$a$b', expire: false }, NOW);
  assert.equal(text, SHADOW.replace('root:*:19000:', 'root:$6$a$b:20000:'));
});

test('expiry sets the day to 0, with and without a new hash', () => {
  const both = editShadow(SHADOW, 'rootless', { hash: '$6$a$b', expire: true }, NOW);
  assert.match(both ?? '', /^rootless:\$6\$a\$b:0::::::$/m);
  const alone = editShadow(SHADOW, 'root', { hash: undefined, expire: true }, NOW);
  assert.match(alone ?? '', /^root:\*:0:0:99999:7:::$/m);
});

test('a line with too few fields is made whole, and bytes that are no UTF-8 stay', () => {
  const text = editShadow(SHADOW, '\xe9', { hash: 'H', expire: false }, NOW);
  assert.match(text ?? '', /^\xe9:H:20000::::::$/m);
});

test('a user without a line is not found, also where a name only begins like it', () => {
  assert.equal(editShadow(SHADOW, 'roo', { hash: 'H', expire: false }, NOW), undefined);
  assert.equal(editShadow(SHADOW, 'weird', { hash: 'H', expire: false }, NOW), undefined);
  assert.equal(editShadow('', 'root', { hash: 'H', expire: false }, NOW), undefined);
});

test('an account is read with its ids and home, and a broken entry is none', () => {
  assert.deepEqual(findAccount('a:x:1:2:,,,:/home/a:/bin/sh\n', 'a'), { uid: 1, gid: 2, home: '/home/a' });
  for (const entry of [
    'a:x:1:2:::',
    'a:x:-1:2::/h:',
    'a:x:1:99999999999::/h:',
    'a:x:1:2::h:',
    'a:x:1:2::/h',
  ]) {
    assert.equal(findAccount(entry, 'a'), undefined, entry);
  }
});

test('no word can end a command of guestfish and begin another', () => {
  assert.equal(quoted('/etc/shadow'), '"/etc/shadow"');
  assert.equal(quoted('a"b\n!id'), '"a\\x22b\\x0a\\x21id"');
  assert.equal(quoted('$x `y` \\ü'), '"\\x24x\\x20\\x60y\\x60\\x20\\x5c\\xc3\\xbc"');
  assert.throws(() => quoted('a\0b'), /NUL/);
});
