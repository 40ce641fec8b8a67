// Writes the table of which action may begin in which state into docs/lifecycle.md, from src/model/transitions.ts.
// Usage: node scripts/transitions.ts [--check]; with --check nothing is written, and a page that differs is exit status 1.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Action, isLockedOut, mayBegin, TRANSITIONS, VM_STATES } from '../src/model/index.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'lifecycle.md');
const BEGIN = '<!-- transitions: written by scripts/transitions.ts -->\n';
const END = '<!-- transitions: end -->\n';

/** A deleted instance has no record, so that nothing begins there. */
const STATES = VM_STATES.filter((state) => state !== 'deleted');

/** The table as Markdown; a row for each action, a column for each state, and whether a lock keeps it from beginning. */
export function transitionsTable(): string {
  const head = ['action', ...STATES.map((state) => `\`${state}\``), 'locked'];
  const rows = (Object.keys(TRANSITIONS) as Action[]).map((action) => [
    `\`${action}\``,
    ...STATES.map((state) => (mayBegin(action, state) ? 'yes' : '')),
    isLockedOut(action) ? '' : 'yes',
  ]);
  return [head, head.map((_name, index) => (index === 0 ? '---' : ':-:')), ...rows].map(line).join('');
}

function line(cells: readonly string[]): string {
  return `|${cells.map((cell) => ` ${cell} |`.replace('  |', ' |')).join('')}\n`;
}

/** The page with the table between its two marks. */
export function withTable(page: string): string {
  const [before, ...rest] = page.split(BEGIN);
  const [, after] = rest.join('').split(END);
  if (before === undefined || after === undefined || rest.length !== 1)
    throw new Error(`${PAGE} has not the marks of the table`);
  return `${before}${BEGIN}\n${transitionsTable()}\n${END}${after}`;
}

if (import.meta.main) {
  const page = readFileSync(PAGE, 'utf8');
  const wanted = withTable(page);
  if (!process.argv.includes('--check')) writeFileSync(PAGE, wanted);
  else if (page !== wanted) {
    process.stderr.write(
      'docs/lifecycle.md has another table than src/model/transitions.ts: node scripts/transitions.ts\n',
    );
    process.exitCode = 1;
  }
}
