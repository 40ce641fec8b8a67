import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCatalogue } from '../../../src/storage/catalogue/catalogue-document.ts';

const GOOD = `
version: 1
mirrors: { v: 'https://v.example/x' }
images:
  - name: v:1
    mirror: v
    builds: { x86_64: { file: a/b.img, checksums: a/SUMS } }
`;

const BAD = [
  ['no YAML', '{', /cannot be read/],
  ['another version', GOOD.replace('version: 1', 'version: 2'), /version/],
  ['an unknown field', GOOD.replace('mirror: v', 'mirror: v\n    colour: red'), /images\[0\].*colour/],
  ['an unknown mirror', GOOD.replace('mirror: v', 'mirror: w'), /v:1 names no mirror/],
  ['a path that climbs', GOOD.replace('a/b.img', 'a/../../b.img'), /file/],
  ['an address for a path', GOOD.replace('a/b.img', 'https://evil/b.img'), /file/],
  ['a mirror that is no web address', GOOD.replace('https://v.example/x', 'file:///etc'), /mirrors\.v/],
  ['one name twice', GOOD.replace('mirror: v', 'mirror: v\n    aliases: [v:1]'), /two images/],
] as const;

test('a good catalogue is read', () => {
  assert.equal(parseCatalogue(GOOD, 'x').images[0]?.name, 'v:1');
});

for (const [name, text, message] of BAD) {
  test(`a catalogue with ${name} is CATALOGUE_INVALID and says where`, () => {
    assert.throws(() => parseCatalogue(text, 'x'), { code: 'CATALOGUE_INVALID', kind: 'invalid', message });
  });
}
