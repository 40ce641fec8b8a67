// docs/configuration.md against the decoder and the defaults.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { decodeSettings } from '../../../src/app/configuration-file.ts';
import { loadSettings } from '../../../src/app/index.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'configuration.md'), 'utf8');

/** Key and default of each row of the table of keys. */
function documentedKeys(): ReadonlyMap<string, string> {
  const table = page.slice(page.indexOf('## Keys of the file'));
  return new Map(
    [...table.matchAll(/^\| `([a-z_.]+)` \| ([^|]+) \|/gm)].map(([, key = '', value = '']) => [key, value]),
  );
}

/** The keys of the schema, by its text: zod tells them to nobody who imports the decoder. */
function decodedKeys(): readonly string[] {
  const source = readFileSync(join(root, 'src', 'app', 'configuration-file.ts'), 'utf8');
  const schema = source.slice(source.indexOf('z.strictObject({'), source.indexOf('\n});'));
  const nested = [...schema.matchAll(/^ {2}(\w+): z\s*\.strictObject\(\{([\s\S]*?)\}\)/gm)];
  const top = [...schema.matchAll(/^ {2}(\w+): z/gm)].map(([, key = '']) => key);
  const parents = nested.map(([, key]) => key);
  const inner = nested.flatMap(([, key, body = '']) =>
    [...body.matchAll(/(\w+): z/g)].map(([, name]) => `${key}.${name}`),
  );
  return [...top.filter((key) => !parents.includes(key)), ...inner];
}

test('every key of the file is documented, and no other', () => {
  assert.deepEqual([...documentedKeys().keys()].toSorted(), decodedKeys().toSorted());
});

test('the defaults that are documented are the ones that hold', async () => {
  const settings = await loadSettings({ env: { XDG_CONFIG_HOME: '/nonexistent' }, uid: 1000 });
  const written = [...documentedKeys()].filter(([, value]) => value.startsWith('`'));
  const lines = written.map(([key, value]) => {
    const text = value.replaceAll('`', '').trim();
    const [outer = '', inner] = key.split('.');
    const plain = /^[\d[{]|^true$/.test(text) ? text : JSON.stringify(text);
    return inner === undefined ? `${outer}: ${plain}` : `${outer}: { ${inner}: ${plain} }`;
  });
  assert.ok(lines.length > 8);
  for (const line of lines) {
    const decoded = decodeSettings(line, 'docs/configuration.md');
    assert.deepEqual({ ...settings, ...decoded }, settings, line);
  }
});

test('the example is a file that is taken', () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const settings = decodeSettings(yaml, 'docs/configuration.md');
  assert.deepEqual([settings.networkName, settings.networkSubnet], ['lab', '10.9.0.0/24']);
  assert.equal(settings.vncListen, null);
  assert.equal(Object.keys(parse(yaml)).length, 5);
});
