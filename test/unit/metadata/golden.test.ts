// The whole drives of one instance with everything set, and of one with every way to an address, kept as files under
// test/golden/metadata. NOVALET_WRITE_GOLDEN=1 writes them anew; what changed then shows in the diff.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type MetadataInput, metadataDocuments, noCloudDocuments } from '../../../src/metadata/index.ts';
import { addressedInput, fullInput, INTERFACES_TEMPLATE, linkedInput } from './sample.ts';

const FOLDER = fileURLToPath(new URL('../../golden/metadata', import.meta.url));

const DRIVES: Readonly<Record<string, ReadonlyMap<string, Uint8Array>>> = {
  'config-drive': metadataDocuments(fullInput()),
  nocloud: noCloudDocuments(fullInput()),
  'nocloud-addresses-v1': noCloudDocuments(addressedInput(), 1),
  'nocloud-addresses-v2': noCloudDocuments(addressedInput(), 2),
  'nocloud-links-v1': noCloudDocuments(linkedInput(), 1),
  'nocloud-links-v2': noCloudDocuments(linkedInput(), 2),
  interfaces: interfacesOf({ addresses: addressedInput(), links: linkedInput(), full: fullInput() }),
  'network-data': networkDataOf({ addresses: addressedInput(), links: linkedInput() }),
};

/** network_data.json of each, which drives hold ten times. */
function networkDataOf(inputs: Readonly<Record<string, MetadataInput>>): ReadonlyMap<string, Uint8Array> {
  return new Map(
    Object.entries(inputs).map(([name, input]) => [
      `${name}.json`,
      metadataDocuments(input).get('openstack/latest/network_data.json') ?? assert.fail(name),
    ]),
  );
}

/** /etc/network/interfaces of each. */
function interfacesOf(inputs: Readonly<Record<string, MetadataInput>>): ReadonlyMap<string, Uint8Array> {
  return new Map(
    Object.entries(inputs).map(([name, input]) => {
      const given = { ...input, interfacesTemplate: INTERFACES_TEMPLATE };
      return [name, metadataDocuments(given).get('openstack/content/0000') ?? assert.fail(name)];
    }),
  );
}

function readGolden(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path, 'utf8')]));
}

function writeGolden(folder: string, documents: ReadonlyMap<string, Uint8Array>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, bytes] of documents) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

for (const [name, documents] of Object.entries(DRIVES)) {
  test(`the drive ${name} is the golden one`, () => {
    const folder = join(FOLDER, name);
    if (process.env['NOVALET_WRITE_GOLDEN'] === '1') writeGolden(folder, documents);
    const made = [...documents].map(([path, bytes]) => [path, Buffer.from(bytes).toString()] as const);
    assert.deepEqual(readGolden(folder), new Map(made.sort(([a], [b]) => (a < b ? -1 : 1))));
  });
}
