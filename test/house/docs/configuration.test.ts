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

/** The words that the decoder declares as keys, by its text, without their parents' names. */
function declaredWords(): readonly string[] {
  const source = readFileSync(join(root, 'src', 'app', 'configuration-file.ts'), 'utf8');
  return [...source.matchAll(/\b([a-z_]+): optional\(/g)].map(([, word = '']) => word);
}

test('every key of the file is documented, and no other', () => {
  const documented = [...documentedKeys().keys()].flatMap((key) => key.split('.'));
  assert.deepEqual([...new Set(documented)].toSorted(), [...new Set(declaredWords())].toSorted());
});

test('the defaults that are documented are the ones that hold', async () => {
  const settings = await loadSettings({
    connect: 'qemu:///system',
    env: { XDG_CONFIG_HOME: '/nonexistent' },
    uid: 1000,
  });
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
