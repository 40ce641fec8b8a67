import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addAuthorizedKeys, authorizedLines, dropAuthorizedKeys } from '../../../src/model/index.ts';
import { ECDSA_KEY, ED25519_KEY } from '../metadata/sample.ts';

const FILE = `# mine\n\n${ED25519_KEY}\ncommand="echo ssh-rsa x",no-pty ${ECDSA_KEY} of the robot\nrubbish\n`;

test('keys are found behind options, with their comments, and nothing else is', () => {
  const found = authorizedLines(FILE);
  assert.deepEqual(
    found.map(({ type }) => type),
    ['ssh-ed25519', 'ecdsa-sha2-nistp256'],
  );
  assert.equal(found[1]?.comment.endsWith('of the robot'), true);
  assert.deepEqual(authorizedLines(''), []);
  assert.deepEqual(authorizedLines('ssh-ed25519 tooshort\n#ssh-ed25519 AAAA'), []);
});

test('a key is added once, on a line of its own, and one that is there under another comment is not', () => {
  const unended = FILE.slice(0, -1);
  const [type = '', blob = ''] = ED25519_KEY.split(' ');
  const again = addAuthorizedKeys(unended, [`${type} ${blob} other comment`]);
  assert.deepEqual([again.text, again.added], [unended, []]);
  const { text, added } = addAuthorizedKeys('ssh-rsa without-end', [ED25519_KEY, ECDSA_KEY, ED25519_KEY]);
  assert.equal(text, `ssh-rsa without-end\n${ED25519_KEY}\n${ECDSA_KEY}\n`);
  assert.deepEqual(added, [ED25519_KEY, ECDSA_KEY]);
  assert.equal(addAuthorizedKeys('', [ED25519_KEY]).text, `${ED25519_KEY}\n`);
});

test('dropping takes the chosen keys and leaves comments and every other line', () => {
  const { text, dropped } = dropAuthorizedKeys(FILE, ({ type }) => type === 'ssh-ed25519');
  assert.equal(text, FILE.replace(`${ED25519_KEY}\n`, ''));
  assert.equal(dropped.length, 1);
});
