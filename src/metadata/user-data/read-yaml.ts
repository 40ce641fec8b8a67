// YAML of user data, read as far as it is checked: nodes and their lines. Aliases are not expanded, so that none can explode.
import { type Document, isAlias, LineCounter, type Node, type ParsedNode, parseDocument, visit } from 'yaml';
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
  const { document, anchors, lost } = parse(part, lines);
  const unknownTag = document.warnings.find(({ code }) => code === 'TAG_RESOLVE_FAILED');
  const first = document.errors[0] ?? unknownTag;
  if (first !== undefined) throw notYaml(spotAt(first.pos[0]), yamlWords(first.code));
  if (lost !== undefined) throw notYaml(spotAt(lost), yamlWords('BAD_ALIAS'));
  return {
    root: document.contents,
    spot,
    resolve: (node) => (isAlias(node) ? anchors.get(node.source) : node),
  };
}

interface Parsed extends Anchors {
  readonly document: Document.Parsed;
}

function parse(part: UserDataPart, lineCounter: LineCounter): Parsed {
  const text = textOf(part.content);
  if (text === undefined) throw notYaml({ file: part.source }, 'it is not UTF-8');
  try {
    const document = parseDocument(text, { version: '1.1', lineCounter, prettyErrors: false });
    return { document, ...anchorsOf(document) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw notYaml({ file: part.source }, yamlWords('RESOURCE_EXHAUSTION'), error); // the stack was too small for its depth
  }
}

interface Anchors {
  readonly anchors: ReadonlyMap<string, Node>;
  /** Where the first alias stands that has no anchor before it. */
  readonly lost: number | undefined;
}

/** In one go: the parser's own way looks through the whole text for each alias. */
function anchorsOf(document: Document.Parsed): Anchors {
  const anchors = new Map<string, Node>();
  let lost: number | undefined;
  visit(document, {
    Alias: (_key, { source, range }) => {
      if (!anchors.has(source)) lost ??= range?.[0] ?? 0;
    },
    Value: (_key, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return { anchors, lost };
}

function notYaml(spot: Spot, words: string, cause?: unknown): Fault {
  return problem('invalid', 'USER_DATA_NOT_YAML', {
    spot,
    what: `this is not YAML that cloud-init can read: ${words}`,
    hint: 'Correct it; --no-validate passes it on as it is.',
    cause,
  });
}
