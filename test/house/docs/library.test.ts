// The examples of docs/library.md are, letter for letter, the files under test/examples, which are type-checked and run.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleText, readExamples } from '../../../scripts/check-readme.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const EXAMPLES = ['streams', 'terminal', 'files', 'jobs', 'agent'];

for (const name of EXAMPLES) {
  test(`the example ${name} is the file that is run`, () => {
    assert.equal(exampleText(root, name), readFileSync(join(root, 'test', 'examples', `${name}.ts`), 'utf8'));
  });
}

test('no example of the library is left out', () => {
  const named = readExamples(root).filter(({ file }) => file === 'docs/library.md');
  assert.deepEqual(
    named.map(({ test: by }) => by?.name),
    EXAMPLES,
  );
});
