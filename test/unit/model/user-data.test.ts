import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { isFault } from '../../../src/base/index.ts';
import { UserData } from '../../../src/metadata/index.ts';

test('user data of 65535 bytes is taken, and one byte more is refused', () => {
  assert.equal(new UserData(new Uint8Array(65_535)).sizeBytes, 65_535);
  assert.throws(
    () => new UserData(new Uint8Array(65_536)),
    (error) => isFault(error, 'USER_DATA_TOO_LARGE'),
  );
});

test('user data never prints what it holds', () => {
  const data = new UserData(Buffer.from('password: hunter2'));
  for (const shown of [String(data), JSON.stringify({ data }), inspect({ data }, { showHidden: true })]) {
    assert.doesNotMatch(shown, /hunter2|112,/);
  }
});

test('changing the bytes afterwards changes nothing', () => {
  const bytes = Buffer.from('abc');
  const data = new UserData(bytes);
  bytes.fill(0);
  assert.equal(Buffer.from(data.reveal()).toString(), 'abc');
});
