// docs/render.md: its example renders, and its table has the fields that the decoder declares.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'render.md'), 'utf8');
const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';

function render(input: string): string {
  const command = join(root, 'scripts', 'novalet');
  return execFileSync(command, ['render', '-'], { input, encoding: 'utf8', timeout: 20_000 });
}

test('the example renders, with what it asks for', () => {
  const xml = render(example);
  assert.match(xml, /<domain type="kvm">/);
  assert.match(xml, /<type [^>]*machine="q35"/);
  assert.match(xml, /<nova:name>web1<\/nova:name>/);
  assert.match(xml, /<topology sockets="1" /);
  assert.doesNotMatch(xml, /<graphics/);
});

test('the fields are those that the decoder takes', () => {
  const source = readFileSync(join(root, 'src', 'compute', 'render-input.ts'), 'utf8')
    .split('\nconst ')
    .slice(1)
    .join('\n');
  const declared = new Set([...source.matchAll(/^ {2}([a-z_]+)(?:: |,$)/gm)].map(([, word = '']) => word));
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  const documented = new Set(
    rows.flatMap((row) => [...row.matchAll(/`([a-z_]+)(?:\[\])?`/g)].map(([, word = '']) => word)),
  );
  const inner = ['memory_mb', 'cpus', 'siblings', 'page_sizes_kb']; // of NUMA cells, which nothing reads yet
  const missing = [...declared].filter((word) => !documented.has(word) && !inner.includes(word));
  assert.ok(declared.has('extra_specs') && declared.has('nvram_template'), 'the pattern finds them');
  assert.deepEqual(missing, []);
});
