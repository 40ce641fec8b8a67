// The whole config drive of one instance with everything set, kept as files under test/golden/metadata.
// NOVALET_WRITE_GOLDEN=1 writes them anew; what changed then shows in the diff.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { metadataDocuments } from '../../../src/metadata/index.ts';
import { fullInput } from './sample.ts';

const FOLDER = fileURLToPath(new URL('../../golden/metadata/config-drive', import.meta.url));

function readGolden(): Map<string, string> {
  const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [relative(FOLDER, path), readFileSync(path, 'utf8')]));
}

function writeGolden(documents: ReadonlyMap<string, Uint8Array>): void {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const [path, bytes] of documents) {
    mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
    writeFileSync(join(FOLDER, path), bytes);
  }
}

test('the config drive of an instance with everything set is the golden one', () => {
  const documents = metadataDocuments(fullInput());
  if (process.env['NOVALET_WRITE_GOLDEN'] === '1') writeGolden(documents);
  const made = [...documents].map(([path, bytes]) => [path, Buffer.from(bytes).toString()] as const);
  assert.deepEqual(readGolden(), new Map(made.sort(([a], [b]) => (a < b ? -1 : 1))));
});
