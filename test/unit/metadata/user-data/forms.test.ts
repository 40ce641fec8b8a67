import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOUD_CONFIG_KEYS } from '../../../../src/metadata/user-data/cloud-config-keys.ts';
import { FORMS, formOf } from '../../../../src/metadata/user-data/forms.ts';
import { SAMPLES } from './sample-files.ts';

test('each form is known by how it begins, and has its content type', () => {
  for (const [mark, contentType, text] of SAMPLES) {
    const form = formOf(text);
    assert.deepEqual([form?.mark, form?.contentType], [mark, contentType]);
  }
  assert.deepEqual(
    SAMPLES.map(([mark]) => mark),
    FORMS.map(({ mark }) => mark),
  );
});

test('blank lines and capital letters before a form are looked past, as cloud-init does', () => {
  assert.equal(formOf('\n  \n#Cloud-Config\n')?.mark, '#cloud-config');
  assert.equal(formOf('REM   CMD\r\n')?.mark, 'rem cmd');
});

test('a word that only begins like a form is none', () => {
  for (const text of [
    '#cloud-configs\n',
    '#includes x',
    '#ps1x\n',
    'rem cmdlet\n',
    '# cloud-config',
    '##template: jinja',
  ]) {
    assert.equal(formOf(text), undefined, text);
  }
});

test('every key of the schema has one group', () => {
  assert.equal(CLOUD_CONFIG_KEYS.size, 102);
  assert.deepEqual(CLOUD_CONFIG_KEYS.get('packages'), ['list']);
  assert.deepEqual(CLOUD_CONFIG_KEYS.get('users'), ['list', 'map', 'scalar']);
});
