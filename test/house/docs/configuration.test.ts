// docs/configuration.md against the decoder and the defaults.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { decodeSettings } from '../../../src/app/configuration-file.ts';
import { loadSettings } from '../../../src/app/index.ts';
import { parsePublicKey } from '../../../src/model/index.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'configuration.md'), 'utf8');

/** Key and default of each row of the table of keys; what a person names is in capitals. */
function documentedKeys(): ReadonlyMap<string, string> {
  const table = page.slice(page.indexOf('## Keys of the file'));
  return new Map(
    [...table.matchAll(/^\| `([A-Za-z_.]+)` \| ([^|]+) \|/gm)].map(([, key = '', value = '']) => [
      key,
      value,
    ]),
  );
}

/** The words that the decoder declares as keys, by its text, without their parents' names. */
function declaredWords(): readonly string[] {
  const files = [
    'configuration-file.ts',
    'access-configuration.ts',
    'claim-settings.ts',
    'hardware-configuration.ts',
    'metadata/configuration.ts',
  ];
  const source = files.map((file) => readFileSync(join(root, 'src', 'app', file), 'utf8')).join('');
  const key = /\b([a-z_]+): (?:optional|orElse|listOf|aFullList|aStringLike|count)\(/g;
  return [...source.matchAll(key)].map(([, word = '']) => word);
}

test('every key of the file is documented, and no other', () => {
  const words = [...documentedKeys().keys()].flatMap((key) => key.split('.'));
  const documented = words.filter((word) => word !== 'NAME');
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
    const plain = /^[\d[{]|^(?:true|false)$/.test(text) ? text : JSON.stringify(text);
    const [last = '', ...outer] = key.split('.').toReversed();
    return outer.reduce((inside, word) => `${word}: { ${inside} }`, `${last}: ${plain}`);
  });
  assert.ok(lines.length > 20);
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

test('the subjects of the gateway are taken as they stand in its page, and their keys let in', () => {
  const gateway = readFileSync(join(root, 'docs', 'ssh-gateway.md'), 'utf8');
  const yaml = /```yaml\n([\s\S]*?)```/.exec(gateway)?.[1] ?? '';
  const { access } = decodeSettings(yaml, 'docs/ssh-gateway.md');
  assert.deepEqual(
    access?.subjects.map(({ name }) => name),
    ['alice', 'backup'],
  );
  for (const { keys } of access?.subjects ?? []) {
    assert.deepEqual(
      keys.map((key) => parsePublicKey('given', key).publicKey),
      keys,
    );
  }
});
