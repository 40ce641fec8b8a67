// The ten lines of README.md are, letter for letter, the test under test/examples, which is type-checked and run.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleText } from '../../../scripts/check-readme.ts';

const root = join(import.meta.dirname, '..', '..', '..');

test('the example in README.md is the file that is run', () => {
  const file = readFileSync(join(root, 'test', 'examples', 'ten-lines.test.ts'), 'utf8');
  assert.equal(exampleText(root, 'ten-lines'), file);
});

test('it has ten lines of code', () => {
  const lines = exampleText(root, 'ten-lines').trimEnd().split('\n');
  assert.equal(lines.filter((line) => line !== '').length, 10);
});

test('README.md keeps the place where figures are filled in', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  assert.match(readme, /^<!-- bench -->\n[\s\S]*\n<!-- \/bench -->$/m);
});
