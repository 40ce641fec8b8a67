import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyCount, keysDocument } from '../../../../src/cli/commands/keys/keys-document.ts';
import { roadOf } from '../../../../src/cli/credential-road.ts';

test('a comment that a guest wrote cannot reach the terminal, and programs get it as it is', () => {
  const key = {
    type: 'ssh-ed25519',
    fingerprint: 'SHA256:abc',
    comment: 'a\u001b[2Jb',
    line: 'ssh-ed25519 AAAA a',
  };
  const document = keysDocument('web', { user: 'root', via: 'agent', keys: [key] });
  assert.equal(document.text(), 'FINGERPRINT  TYPE         COMMENT\nSHA256:abc   ssh-ed25519  ab\n');
  assert.deepEqual(document.data, { instance: 'web', user: 'root', via: 'agent', keys: [key] });
});

test('keys are counted in words', () => {
  assert.deepEqual([0, 1, 2].map(keyCount), ['no keys', '1 key', '2 keys']);
});

test('the road is the one that was asked for, and none when nothing was', () => {
  assert.deepEqual([{ offline: true }, { auto: true }, {}].map(roadOf), ['offline', 'auto', undefined]);
});
