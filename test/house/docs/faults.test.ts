// docs/faults.md where scripts/check-faults.ts cannot see: codes that are a parameter of a wait, a table or a helper.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sourceFiles } from '../../../scripts/source-files.ts';
import { EXIT_CODES } from '../../../src/cli/exit-codes.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'faults.md'), 'utf8');
const sources = sourceFiles(root, ['src'], ['.ts']).map((file) => readFileSync(join(root, file), 'utf8'));

/** Codes that never leave the function that waits for them, and a diagnosis's word for a guest that is well. */
const INTERNAL = new Set(['GUEST_DEAF', 'PROBE_TIMEOUT', 'AGENT_READY']);
const PARAMETER = /(?:\bcode: |\binvalid\(|options\.code \?\? )'([A-Z]+(?:_[A-Z]+)*)'/g;

test('every code that is handed to a wait or a helper is on the page', () => {
  const given = sources.flatMap((text) => [...text.matchAll(PARAMETER)].map(([, code = '']) => code));
  const listed = new Set([...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code = '']) => code));
  const isFault = (code: string) => !INTERNAL.has(code) && !Object.hasOwn(constants.errno, code);
  const missing = [...new Set(given)].filter((code) => isFault(code) && !listed.has(code));
  assert.ok(given.includes('URL_TIMEOUT') && given.includes('EXEC_ENV_INVALID'), 'the pattern finds them');
  assert.deepEqual(missing, []);
});

test('every code with a dagger is thrown somewhere', () => {
  const marked = [...page.matchAll(/^\| `([A-Z_]+)` † \|/gm)].map(([, code = '']) => code);
  const gone = marked.filter((code) => !sources.some((text) => text.includes(`'${code}'`)));
  assert.ok(marked.length > 0);
  assert.deepEqual(gone, []);
});

test('the table of kinds gives the exit statuses of the command line', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| [^|]+ \| (\d+)/gm)];
  const told = Object.fromEntries(rows.map(([, kind = '', status]) => [kind, Number(status)]));
  assert.deepEqual(told, EXIT_CODES);
});

test('every code has a row in one place, or one row for each of its kinds', () => {
  const rows = [...page.matchAll(/^\| (`[A-Z_]+`) (?:† )?\| ([a-z-]+) \|/gm)].map(
    ([, code, kind]) => `${code} ${kind}`,
  );
  assert.deepEqual(
    rows.filter((row, at) => rows.indexOf(row) !== at),
    [],
  );
});
