// Holds docs/faults.md to the code: every fault that src can throw is listed with its kind, and nothing else is.
// A code is written as a literal beside its kind: `new Fault('kind', 'CODE'`, a subclass's `super(...)`, or a table's row.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './source-files.ts';

const PAGE = 'docs/faults.md';
const KINDS = [
  'invalid',
  'denied',
  'not-found',
  'conflict',
  'exhausted',
  'unsupported',
  'refused',
  'unavailable',
  'timeout',
  'cancelled',
  'corrupt',
  'internal',
];
const CODE = '[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*';
const THROWN = new RegExp(`'(${KINDS.join('|')})',\\s*(?:code:\\s*)?'(${CODE})'`, 'g');
/** A construction whose code is no literal where it stands, so that nobody could look it up. */
const NAMELESS = new RegExp(
  `\\bnew Fault\\(\\s*(?:'[a-z-]+'|[\\w.]+),(?!\\s*(?:'${CODE}'|[\\w.]*[cC]ode\\b))`,
  'g',
);
const LISTED = new RegExp(`^\\|\\s*\`(${CODE})\`\\s*\\|\\s*([a-z-]+)\\s*\\|`, 'gm');

interface Place {
  readonly kind: string;
  readonly where: string;
}

/** What is thrown and not listed, listed and not thrown, listed with another kind, or thrown without a literal code. */
export function checkFaults(root: string): string[] {
  const thrown = thrownFaults(root);
  const page = join(root, PAGE);
  const listed = existsSync(page) ? listedFaults(readFileSync(page, 'utf8')) : new Map<string, string[]>();
  const problems = namelessFaults(root);
  for (const [code, places] of thrown) {
    const kinds = listed.get(code);
    const where = places[0]?.where ?? '';
    if (kinds === undefined) {
      problems.push(`${where}: ${code} (${kindsOf(places).join(', ')}) is not in ${PAGE}`);
      continue;
    }
    for (const kind of kindsOf(places).filter((kind) => !kinds.includes(kind))) {
      problems.push(`${where}: ${code} is thrown as ${kind}, and ${PAGE} says ${kinds.join(', ')}`);
    }
  }
  for (const code of listed.keys()) {
    if (!thrown.has(code)) problems.push(`${PAGE}: ${code} is listed, and nothing in src throws it`);
  }
  return problems;
}

/** Rows are `| \`CODE\` | kind | meaning | cure |`; a code with two kinds has two rows. */
function listedFaults(text: string): Map<string, string[]> {
  const codes = new Map<string, string[]>();
  for (const [, code = '', kind = ''] of text.matchAll(LISTED)) {
    codes.set(code, [...(codes.get(code) ?? []), kind]);
  }
  return codes;
}

function thrownFaults(root: string): Map<string, Place[]> {
  const codes = new Map<string, Place[]>();
  for (const { file, text } of sources(root)) {
    for (const match of text.matchAll(THROWN)) {
      const [, kind = '', code = ''] = match;
      const place = { kind, where: `${file}:${lineAt(text, match.index)}` };
      codes.set(code, [...(codes.get(code) ?? []), place]);
    }
  }
  return codes;
}

function namelessFaults(root: string): string[] {
  return sources(root).flatMap(({ file, text }) =>
    [...text.matchAll(NAMELESS)].map(
      (match) =>
        `${file}:${lineAt(text, match.index)}: a fault's code is to stand as a literal beside its kind`,
    ),
  );
}

function sources(root: string): { file: string; text: string }[] {
  return sourceFiles(root, ['src'], ['.ts']).map((file) => ({
    file,
    text: readFileSync(join(root, file), 'utf8'),
  }));
}

function kindsOf(places: readonly Place[]): string[] {
  return [...new Set(places.map((place) => place.kind))];
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
