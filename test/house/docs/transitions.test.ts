// The table of transitions in the docs is the one that the engine goes by.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { transitionsTable, withTable } from '../../../scripts/transitions.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'lifecycle.md'), 'utf8');

test('the table of transitions is as scripts/transitions.ts writes it', () => {
  assert.equal(withTable(page), page);
});

test('a page without the marks of the table is not written over', () => {
  assert.throws(() => withTable('# Another page\n'));
});

test('a row says where an action may begin, and whether a lock lets it', () => {
  const rows = transitionsTable().split('\n');
  assert.ok(rows.includes('| `unpause` | | | yes | | | | | | | | |'), rows.join('\n'));
  assert.ok(rows.includes('| `unlock` | yes | yes | yes | yes | yes | yes | yes | yes | yes | yes | yes |'));
});
