// YAML 1.2, and with it JSON, as a tree that remembers lines: whoever wrote a mistake is shown where.
// Knows no key. No aliases: a small file stays small.
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
} from 'yaml';

export type Tree = ScalarTree | ListTree | MapTree;

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly line: number;
  readonly value: string | number | boolean | null;
  /** As it was written, quotes and escapes taken away. */
  readonly text: string;
}

export interface ListTree {
  readonly kind: 'list';
  readonly line: number;
  readonly items: readonly Tree[];
}

export interface MapTree {
  readonly kind: 'map';
  readonly line: number;
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly key: string;
  readonly line: number;
  readonly value: Tree;
}

export interface Mistake {
  readonly line: number;
  readonly problem: string;
}

/** Deeper than any manifest. */
const DEEPEST = 20;

/** The tree, or why there is none; an empty document is null. */
export function readTree(text: string): {
  readonly tree: Tree | null;
  readonly mistakes: readonly Mistake[];
} {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const mistakes: Mistake[] = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    problem: message.split('\n')[0] ?? 'it is not YAML',
  }));
  if (mistakes.length > 0) return { tree: null, mistakes };
  const reader = new Reader(lines, mistakes);
  const tree = document.contents === null ? null : reader.read(document.contents, 0);
  return { tree, mistakes };
}

class Reader {
  readonly #lines: LineCounter;
  readonly #mistakes: Mistake[];

  constructor(lines: LineCounter, mistakes: Mistake[]) {
    this.#lines = lines;
    this.#mistakes = mistakes;
  }

  /** What is no value becomes null, and a mistake. */
  read(node: ParsedNode | Node | null, depth: number, near = 1): Tree {
    const line = node === null ? near : this.#lineOf(node, near);
    const empty: ScalarTree = { kind: 'scalar', line, value: null, text: '' };
    if (node === null) return empty;
    if (depth > DEEPEST) return this.#refuse(empty, 'lies too deep');
    if (isAlias(node)) return this.#refuse(empty, 'is an alias; write out what it stands for');
    if (isSeq(node)) {
      const items = node.items.map((item) => this.read(asNode(item), depth + 1, line));
      return { kind: 'list', line, items };
    }
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }) => {
        const read = this.read(asNode(key), depth + 1, line);
        if (read.kind !== 'scalar') this.#refuse(empty, 'has a key that is no word');
        const name = read.kind === 'scalar' ? read.text : '';
        return { key: name, line: read.line, value: this.read(asNode(value), depth + 1, read.line) };
      });
      return { kind: 'map', line, entries };
    }
    if (isScalar(node)) return this.#scalar(node.value, node.source, empty);
    return this.#refuse(empty, 'is nothing that is known');
  }

  #scalar(value: unknown, source: string | undefined, empty: ScalarTree): Tree {
    if (value === null) return empty;
    if (typeof value === 'string') return { ...empty, value, text: value };
    if (typeof value === 'number' || typeof value === 'boolean')
      return { ...empty, value, text: source ?? String(value) };
    return this.#refuse(empty, 'is no text, number, true or false');
  }

  #refuse(instead: ScalarTree, problem: string): Tree {
    this.#mistakes.push({ line: instead.line, problem: `what stands here ${problem}` });
    return instead;
  }

  #lineOf({ range }: Node, near: number): number {
    return range === undefined || range === null ? near : this.#lines.linePos(range[0]).line;
  }
}

function asNode(item: unknown): Node | null {
  return isMap(item) || isSeq(item) || isScalar(item) || isAlias(item) ? item : null;
}
