// The bytes of whole drives, by their hashes under test/golden/metadata/drives.txt: a drive can be compared and cached, also by
// another release. NOVALET_WRITE_GOLDEN=1, or npm run golden, writes them anew.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type MetadataInput, metadataDocuments, noCloudDocuments } from '../../../src/metadata/index.ts';
import { writeConfigDrive } from '../../../src/storage/index.ts';
import { INSTANCES } from '../../unit/metadata/instances.ts';
import { withScratch } from '../storage/scratch.ts';

const GOLDEN = fileURLToPath(new URL('../../golden/metadata/drives.txt', import.meta.url));
const LABELS = { 'config-2': metadataDocuments, cidata: noCloudDocuments } as const;

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** One line for each drive of an instance: both labels in both forms. */
async function drivesOf(name: string, input: MetadataInput, scratch: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const label of ['config-2', 'cidata'] as const) {
    const documents = LABELS[label](input);
    for (const format of ['iso9660', 'vfat'] as const) {
      const drive = join(scratch, 'drive');
      await writeConfigDrive(drive, new Map([...documents].reverse()), { label, format });
      lines.push(`${await hashOf(drive)}  ${name} ${label} ${format}\n`);
    }
  }
  return lines;
}

test('every drive has the golden bytes, in whatever order its documents come', async () => {
  await withScratch(async (scratch) => {
    const lines: string[] = [];
    for (const [name, input] of Object.entries(INSTANCES))
      lines.push(...(await drivesOf(name, input, scratch)));
    const text = lines.join('');
    if (process.env['NOVALET_WRITE_GOLDEN'] === '1') writeFileSync(GOLDEN, text);
    assert.equal(text, readFileSync(GOLDEN, 'utf8'));
    assert.equal(new Set(lines.map((line) => line.slice(0, 64))).size, lines.length);
  });
});
