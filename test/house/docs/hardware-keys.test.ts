// docs/hardware-keys.md against the code, and the code against what Nova emits.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  EXTRA_SPECS_OF_THE_PAGE,
  HARDWARE_KEYS_PAGE,
  hardwareKeysPage,
  PROPERTIES_OF_THE_PAGE,
} from '../../golden/hardware-keys-page.ts';
import { EXTRA_SPECS_OF_NOVA, IMAGE_PROPERTIES_OF_NOVA } from './nova-keys.ts';

test('the page of keys is the one that the code gives (npm run golden writes it)', () => {
  assert.equal(readFileSync(HARDWARE_KEYS_PAGE, 'utf8'), hardwareKeysPage());
});

test('every key that Nova has is there, and no other', () => {
  const keysOf = (keys: readonly { readonly key: string }[]) => keys.map(({ key }) => key).toSorted();
  assert.deepEqual(keysOf(EXTRA_SPECS_OF_THE_PAGE), EXTRA_SPECS_OF_NOVA.toSorted());
  assert.deepEqual(keysOf(PROPERTIES_OF_THE_PAGE), IMAGE_PROPERTIES_OF_NOVA.toSorted());
});

test('every key says what becomes of it, and a refused one how to do without', () => {
  for (const { key, note, status, cure = '' } of [...EXTRA_SPECS_OF_THE_PAGE, ...PROPERTIES_OF_THE_PAGE]) {
    assert.ok(note.length > 5, key);
    assert.equal(status === 'refused', cure !== '', key);
    assert.ok(!`${note}${cure}`.includes('|'), key);
  }
});
