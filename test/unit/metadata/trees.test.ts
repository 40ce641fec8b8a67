// All that instances of several kinds may read, for every version and each carrier, as texts under test/golden/metadata/trees.
// NOVALET_WRITE_GOLDEN=1, or npm run golden, writes them anew; what changed then shows in the diff.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type MetadataInput, metadataDocuments, noCloudDocuments } from '../../../src/metadata/index.ts';
import { INSTANCES } from './instances.ts';

const FOLDER = fileURLToPath(new URL('../../golden/metadata/trees', import.meta.url));
const TREES = new Map(Object.entries(INSTANCES).map(([name, input]) => [`${name}.txt`, treesOf(input)]));

if (process.env['NOVALET_WRITE_GOLDEN'] === '1') {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, text] of TREES) writeFileSync(join(FOLDER, name), text);
}

for (const [name, text] of TREES) {
  test(`the trees ${name} are the golden ones`, () => {
    assert.equal(text, readFileSync(join(FOLDER, name), 'utf8'));
  });
}

test('there is no golden tree of an instance that is none', () => {
  assert.deepEqual(readdirSync(FOLDER).sort(), [...TREES.keys()].sort());
});

test('the same instance gives the same bytes, in the same order', () => {
  for (const input of Object.values(INSTANCES)) {
    assert.deepEqual([...metadataDocuments(input)], [...metadataDocuments(structuredCopy(input))]);
    assert.equal(treesOf(input), treesOf(structuredCopy(input)));
  }
});

/** Another value with the same content, its `meta` in another order. */
function structuredCopy(input: MetadataInput): MetadataInput {
  return { ...input, meta: Object.fromEntries(Object.entries(input.meta).reverse()) };
}

function treesOf(input: MetadataInput): string {
  const ofNoCloud = ([1, 2] as const).flatMap((version) =>
    [...noCloudDocuments(input, version)].map(
      ([path, bytes]) => [`cidata ${version}/${path}`, bytes] as const,
    ),
  );
  const onDrive = [...metadataDocuments(input)].map(([path, bytes]) => [`config-2/${path}`, bytes] as const);
  return listing([...onDrive, ...ofNoCloud]);
}

/** Each content once, below all the paths that it stands at. */
function listing(documents: readonly (readonly [path: string, bytes: Uint8Array])[]): string {
  const paths = new Map<string, string[]>();
  for (const [path, bytes] of documents) {
    const content = Buffer.from(bytes).toString('base64');
    paths.set(content, [...(paths.get(content) ?? []), path]);
  }
  const blocks = [...paths].map(([content, at]) => {
    const bytes = Buffer.from(content, 'base64');
    const hash = createHash('sha256').update(bytes).digest('hex');
    return `${at.map((path) => `== ${path}\n`).join('')}-- ${bytes.length} bytes, sha256 ${hash}\n${shown(bytes)}\n`;
  });
  return blocks.join('\n');
}

/** JSON over several lines, in its own order, to be read in a diff; the hash says that the bytes are the same. */
function shown(bytes: Buffer): string {
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes) || text.includes('\u0000')) return bytes.toString('base64');
  return /^\{.*\}\n?$/s.test(text) ? JSON.stringify(JSON.parse(text), null, 1) : text;
}
