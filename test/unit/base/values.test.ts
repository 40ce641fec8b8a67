import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  asFault,
  Fault,
  formatBytes,
  isFault,
  isUuid,
  newMac,
  newUuid,
  parseBytes,
  readableName,
  Secret,
} from '../../../src/base/index.ts';

test('a secret shows itself only when it is asked to', () => {
  const secret = new Secret('hunter2');
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }),
    `${secret}`,
    inspect(secret, { showHidden: true }),
  ];
  for (const text of shown) assert.doesNotMatch(text, /hunter2/);
  assert.equal(secret.reveal(), 'hunter2');
});

test('sizes are read in binary units and refused with the name of what they were for', () => {
  assert.equal(parseBytes('10G', 'root'), 10 * 1024 ** 3);
  assert.equal(parseBytes('1.5 KiB', 'root'), 1536);
  assert.equal(parseBytes('4096', 'root'), 4096);
  for (const bad of ['', 'ten', '-1G', '1Q', '1e9', '99999999999999T']) {
    assert.throws(
      () => parseBytes(bad, 'root'),
      (error) => isFault(error, 'SIZE_INVALID') && /^root/.test(error.message),
    );
  }
});

test('sizes are written for people', () => {
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(1536), '1.5 KiB');
  assert.equal(formatBytes(20 * 1024 ** 3), '20 GiB');
});

test('identifiers have their shapes', () => {
  assert.ok(isUuid(newUuid()));
  assert.ok(!isUuid('11111111-2222-3333-4444-55555555555'));
  assert.match(newMac(), /^fa:16:3e(:[0-9a-f]{2}){3}$/);
  assert.match(readableName(), /^[a-z]+-[a-z]+$/);
});

test('whatever was thrown becomes a fault, and a fault stays what it is', () => {
  const fault = new Fault('invalid', 'X', 'x', { outcome: 'unknown', details: { n: 1 } });
  assert.equal(asFault(fault), fault);
  const made = asFault(new TypeError('boom'));
  assert.equal(made.kind, 'internal');
  assert.match(made.message, /boom/);
  assert.ok(made.cause instanceof TypeError);
});
