// YAML of user data, read as far as it is checked: nodes and their lines. Aliases are not expanded, so that none can explode.
import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Fault } from '../../base/index.ts';
import { textOf, type UserDataPart } from './part.ts';
import { problem, type Spot } from './problem.ts';
import { yamlWords } from './yaml-words.ts';

export interface YamlText {
  readonly root: ParsedNode | null;
  /** Where a node stands in the file that was given. */
  spot(node: ParsedNode): Spot;
  /** What an alias stands for; any other node itself. */
  resolve(node: ParsedNode | null): unknown;
}

/** Throws `USER_DATA_NOT_YAML` for what cloud-init, whose YAML is 1.1, could not read either. */
export function readYaml(part: UserDataPart): YamlText {
  const lines = new LineCounter();
  const spotAt = (offset: number): Spot => {
    const { line, col } = lines.linePos(offset);
    return { file: part.source, line: line + part.firstLine - 1, column: col };
  };
  const spot = (node: ParsedNode) => spotAt(node.range[0]);
  const { document, anchors, slip } = parse(part, lines);
  const unknownTag = document.warnings.find(({ code }) => code === 'TAG_RESOLVE_FAILED');
  const first = document.errors[0] ?? unknownTag;
  if (first !== undefined) throw notYaml(spotAt(first.pos[0]), yamlWords(first.code));
  if (slip !== undefined) throw notYaml(spotAt(slip.at), yamlWords(slip.error));
  return {
    root: document.contents,
    spot,
    resolve: (node) => (isAlias(node) ? anchors.get(node.source) : node),
  };
}

interface Parsed extends Looked {
  readonly document: Document.Parsed;
}

function parse(part: UserDataPart, lineCounter: LineCounter): Parsed {
  const text = textOf(part.content);
  if (text === undefined) throw notYaml({ file: part.source }, 'it is not UTF-8');
  try {
    const document = parseDocument(text, {
      version: '1.1',
      lineCounter,
      prettyErrors: false,
      uniqueKeys: false,
    });
    return { document, ...look(document) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw notYaml({ file: part.source }, yamlWords('RESOURCE_EXHAUSTION'), error); // the stack was too small for its depth
  }
}

interface Looked {
  readonly anchors: ReadonlyMap<string, Node>;
  /** The first alias without an anchor before it, or the first key that its map has already. */
  readonly slip: { readonly error: ErrorCode; readonly at: number } | undefined;
}

/** Both in one go: the parser's own ways take the square of the size. */
function look(document: Document.Parsed): Looked {
  const anchors = new Map<string, Node>();
  let slip: Looked['slip'];
  visit(document, {
    Alias: (_key, { source, range }) => {
      if (!anchors.has(source)) slip ??= { error: 'BAD_ALIAS', at: range?.[0] ?? 0 };
    },
    Value: (_key, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      const twice = isMap(node) ? keyTwice(node) : undefined;
      if (twice !== undefined) slip ??= { error: 'DUPLICATE_KEY', at: twice.range?.[0] ?? 0 };
    },
  });
  return { anchors, slip };
}

function keyTwice({ items }: YAMLMap): Scalar | undefined {
  const seen = new Set<unknown>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value)) return key;
    seen.add(key.value);
  }
  return undefined;
}

function notYaml(spot: Spot, words: string, cause?: unknown): Fault {
  return problem('invalid', 'USER_DATA_NOT_YAML', {
    spot,
    what: `this is not YAML that cloud-init can read: ${words}`,
    hint: 'Correct it; --no-validate passes it on as it is.',
    cause,
  });
}
