// docs/apply.md against the decoder: its tables have the keys that are read, and its example is a file that is taken.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readManifest } from '../../../src/app/index.ts';
import { bondFields, cardFields, vlanFields } from '../../../src/app/manifest/card-body.ts';
import { diskFields, shareFields } from '../../../src/app/manifest/disk-body.ts';
import { flavorFields, imageFields } from '../../../src/app/manifest/image-body.ts';
import { injectedFields, instanceFields, writtenFields } from '../../../src/app/manifest/instance-body.ts';
import { networkFields, portFields } from '../../../src/app/manifest/network-body.ts';
import { sections } from '../../../src/app/manifest/read-manifest.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'apply.md'), 'utf8');

/** The keys in the first column of the table that follows a line with these words. */
function keysBehind(words: string): readonly string[] {
  const at = page.indexOf(`\n${words}`);
  assert.notEqual(at, -1, words);
  const [table = ''] = /\n\|[\s\S]*?\n(?:\n|$)/.exec(page.slice(at + 1)) ?? [];
  const cells = [...table.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, key = '']) => key)).toSorted();
}

const TABLES: readonly (readonly [string, object])[] = [
  ['At the top:', sections],
  ['Of an image', imageFields],
  ['Of a flavor:', flavorFields],
  ['Of a network', networkFields],
  ['Of a port', portFields],
  ['Of an instance:', instanceFields],
  ['Of a card that is a map:', cardFields],
  ['Of a disk,', diskFields],
  ['Of a shared folder', shareFields],
];

for (const [words, fields] of TABLES) {
  test(`the table "${words}" has the keys that are read, and no other`, () => {
    assert.deepEqual(keysBehind(words), Object.keys(fields).toSorted());
  });
}

const LINES: readonly (readonly [string, object])[] = [
  ['| `write_files` |', writtenFields],
  ['| `inject_files` |', injectedFields],
  ['Of a bond:', bondFields],
  ['Of a VLAN:', vlanFields],
];

for (const [words, fields] of LINES) {
  test(`the line "${words}" names the keys that are read`, () => {
    const line = page.split('\n').find((one) => one.startsWith(words)) ?? '';
    for (const key of Object.keys(fields)) assert.ok(line.includes(`\`${key}\``), key);
  });
}

test('the example is a file that is taken, and what it names is in it', async () => {
  const text = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const manifest = await readManifest([{ file: 'docs/apply.md', text }], () =>
    assert.fail('it names no file'),
  );
  const images = manifest.images.map(({ name }) => name);
  const flavors = manifest.flavors.map(({ name }) => name);
  const ports = manifest.ports.map(({ name }) => name);
  assert.equal(manifest.instances.length, 2);
  assert.equal(manifest.networks.length, 1);
  for (const { image, flavor = '', networks = [] } of manifest.instances) {
    assert.ok(images.includes(image) && flavors.includes(flavor));
    for (const { port } of networks) assert.ok(port === undefined || ports.includes(port));
  }
});
