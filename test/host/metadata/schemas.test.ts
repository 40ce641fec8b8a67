// Every JSON document of every version, of instances with little and with everything, held to the schemas that stand under
// test/golden/metadata/schema: each names what it was written from.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../../src/hostlink/index.ts';
import { type MetadataInput, metadataDocuments, noCloudDocuments } from '../../../src/metadata/index.ts';
import { INSTANCES } from '../../unit/metadata/instances.ts';
import { fullInput } from '../../unit/metadata/sample.ts';

const VALIDATOR = fileURLToPath(new URL('schema-validator.py', import.meta.url));
const FOLDER = new URL('../../golden/metadata/schema/', import.meta.url);
const NEWEST = '2020-10-14';

interface Case {
  readonly name: string;
  readonly schema: unknown;
  readonly document: unknown;
}

function schemaOf(document: string, version = NEWEST): unknown {
  const schema: unknown = JSON.parse(readFileSync(new URL(`${document}.schema.json`, FOLDER), 'utf8'));
  return asOf(version, schema);
}

/** Without what `since` says to be newer, properties and the demand for them. */
function asOf(version: string, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((one) => asOf(version, one));
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.entries(schema).map(([key, inner]) => [key, asOf(version, inner)] as const);
  const plain: Record<string, unknown> = Object.fromEntries(parts);
  const { properties, required } = plain;
  if (typeof properties !== 'object' || properties === null || !Array.isArray(required)) return plain;
  const isKnown = (inner: unknown) => {
    const since = typeof inner === 'object' && inner !== null && 'since' in inner ? inner.since : '';
    return String(since) <= version;
  };
  const known = Object.entries(properties).filter(([, inner]) => isKnown(inner));
  const names = new Set(known.map(([name]) => name));
  return {
    ...plain,
    properties: Object.fromEntries(known),
    required: required.filter((name) => names.has(name)),
  };
}

async function complaintsAbout(cases: readonly Case[]): Promise<readonly unknown[]> {
  const { stdout } = await runProgram('/usr/bin/python3', [VALIDATOR], {
    stdin: JSON.stringify(cases.map(({ schema, document }) => ({ schema, document }))),
    timeoutMs: 60_000,
    maxOutputBytes: 4_000_000,
  });
  const complaints: unknown = JSON.parse(stdout);
  assert.ok(Array.isArray(complaints) && complaints.length === cases.length);
  return complaints;
}

function parsed(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString());
}

/** `openstack/<version>/<name>.json`, `ec2/<version>/meta-data.json`. */
function onDrive(name: string, input: MetadataInput): readonly Case[] {
  const json = [...metadataDocuments(input)].filter(([path]) => path.endsWith('.json'));
  return json.map(([path, bytes]) => {
    const [family = '', version = '', file = ''] = path.replace('.json', '').split('/');
    const schema =
      family === 'ec2' ? schemaOf('ec2-meta-data') : schemaOf(file, version === 'latest' ? NEWEST : version);
    return { name: `${name}: ${path}`, schema, document: parsed(bytes) };
  });
}

function onNoCloud(name: string, input: MetadataInput): readonly Case[] {
  return ([1, 2] as const).flatMap((version) =>
    [...noCloudDocuments(input, version)].flatMap(([path, bytes]) => {
      if (path !== 'meta-data' && path !== 'network-config') return [];
      const schema = schemaOf(path === 'meta-data' ? 'nocloud-meta-data' : `network-config-v${version}`);
      return [{ name: `${name}: ${path} ${version}`, schema, document: parsed(bytes) }];
    }),
  );
}

const ALL = Object.entries(INSTANCES).flatMap(([name, input]) => [
  ...onDrive(name, input),
  ...onNoCloud(name, input),
]);

test('every document of every version fits its schema', async () => {
  const complaints = await complaintsAbout(ALL);
  const wrong = ALL.flatMap(({ name }, at) =>
    JSON.stringify(complaints[at]) === '[]' ? [] : [[name, complaints[at]]],
  );
  assert.deepEqual(wrong, []);
  // meta_data, vendor_data, network_data, vendor_data2, EC2; NoCloud's metadata twice, and both network-configs but for one
  assert.equal(ALL.length, 7 * (10 + 8 + 7 + 5 + 2 + 2) + 6 * 2);
});

test('no schema takes a document with a key more or without one that it needs', async () => {
  const last = ALL.filter(({ name }) => name.startsWith('everything'));
  const broken = last.flatMap(({ name, schema, document }) => {
    assert.ok(typeof document === 'object' && document !== null);
    const [first] = Object.keys(document);
    const without = Object.fromEntries(Object.entries(document).filter(([key]) => key !== first));
    const more = { name, schema, document: { ...document, another: 1 } };
    return name.includes('vendor_data.json') ? [more] : [more, { name, schema, document: without }];
  });
  const complaints = await complaintsAbout(broken);
  const taken = broken.filter((_, at) => JSON.stringify(complaints[at]) === '[]').map(({ name }) => name);
  assert.deepEqual(taken, []);
});

test('an older version’s schema takes no key that came later', async () => {
  const documents = metadataDocuments(fullInput());
  const latest = parsed(documents.get('openstack/latest/meta_data.json') ?? new Uint8Array());
  const older = ['2012-08-10', '2013-10-17', '2015-10-15', '2016-10-06', '2017-02-22', '2018-08-27'];
  const cases = older.map((version) => ({
    name: version,
    schema: schemaOf('meta_data', version),
    document: latest,
  }));
  const complaints = await complaintsAbout(cases);
  assert.ok(
    complaints.every((one) => JSON.stringify(one) !== '[]'),
    JSON.stringify(complaints),
  );
});
