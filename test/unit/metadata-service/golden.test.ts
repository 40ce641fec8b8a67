// Everything that can be reached by following the listings, per version, kept as one file under test/golden/metadata.
// NOVALET_WRITE_GOLDEN=1 writes it anew; what changed then shows in the diff.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { read } from './asking.ts';

const FILE = fileURLToPath(new URL('../../golden/metadata/service.txt', import.meta.url));
const LONGEST = 200;

test('the trees of both families, for every version that is listed, are the golden ones', () => {
  const tops = read('/')
    .split('\n')
    .flatMap((version) => walk(`/${version}/`));
  const openStack = read('/openstack')
    .split('\n')
    .flatMap((version) => [
      `/openstack/${version}`,
      ...read(`/openstack/${version}`)
        .split('\n')
        .filter((file) => file !== 'password')
        .map((file) => `/openstack/${version}/${file}`),
    ]);
  const text = ['/', ...tops, '/openstack', ...openStack, '/openstack/content/0000'].map(shown).join('');
  if (process.env['NOVALET_WRITE_GOLDEN'] === '1') writeFileSync(FILE, text);
  assert.equal(text, readFileSync(FILE, 'utf8'));
});

/** As a reader of EC2's tree goes: what ends with a slash, or is a numbered key, has more beneath it. */
function walk(path: string): readonly string[] {
  const names = read(path)
    .split('\n')
    .filter((name) => name !== '');
  const beneath = names.flatMap((name) => {
    const [, index] = /^(\d+)=/.exec(name) ?? [];
    if (index !== undefined) return walk(`${path}${index}/`);
    return name.endsWith('/') ? walk(`${path}${name}`) : [`${path}${name}`];
  });
  return [path, ...beneath];
}

/** Long documents by their beginning: the drive's golden tree has them whole. */
function shown(path: string): string {
  const text = read(path);
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
  return `== ${path}\n${short.replace(/\n$/, '')}\n`;
}
