// The golden domains as a whole; that each description means its XML is in test/unit/compute/render.test.ts.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseXml } from '../../src/libvirt-xml/index.ts';
import { canonical } from '../golden/canonical.ts';
import { goldenCases } from '../golden/cases.ts';

const FOLDER = join(import.meta.dirname, '..', 'golden');

test('there are at least 150 golden domains that differ in meaning', () => {
  const meanings = goldenCases().map(({ name, xmlPath }) =>
    canonical(parseXml(readFileSync(xmlPath, 'utf8'), name)),
  );
  const different = new Set(meanings).size;
  assert.ok(different >= 150, `${different} of ${meanings.length} differ`);
});

test('every golden description has one XML beside it, and every XML a description', () => {
  for (const profile of ['zed', 'modern']) {
    const files = readdirSync(join(FOLDER, profile));
    const named = (ending: string) =>
      files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length));
    assert.deepEqual(named('.xml'), named('.json'));
    assert.equal(files.length, 2 * named('.xml').length);
  }
});
