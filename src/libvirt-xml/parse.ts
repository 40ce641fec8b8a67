// Reads text into an element tree. The text may come from a hostile place: document types (and with them entity
// definitions), great depth and great size are refused. Comments and processing instructions are lost.
import { createRequire } from 'node:module';
import type { Parser, ParserOptions } from 'xml2js';
import { Fault } from '../base/index.ts';
import { type Element, isElement, type XmlNode } from './element.ts';

export interface ParseLimits {
  /** UTF-16 units of the text. */
  readonly maxLength: number;
  readonly maxDepth: number;
}

/** libvirt's own limit for a message is 32 MiB; no document of ours comes near 8. */
const LIMITS: ParseLimits = { maxLength: 8 * 1024 * 1024, maxDepth: 64 };

// Keys that no XML name can collide with; children in order, characters as they stand, nothing coerced.
const OPTIONS: ParserOptions = {
  attrkey: '@',
  charkey: '#',
  childkey: '$$',
  explicitArray: true,
  explicitCharkey: true,
  explicitChildren: true,
  explicitRoot: false,
  preserveChildrenOrder: true,
  charsAsChildren: true,
  includeWhiteChars: true,
  normalize: false,
  trim: false,
  strict: true,
};

const BEFORE_ROOT = /^\uFEFF?(?:\s|<\?(?:[^?]|\?(?!>))*\?>|<!--(?:[^-]|-(?!->))*-->)*/;

/**
 * The root element of an XML document. White space between elements is dropped; other character data is kept as is.
 * `what` names the document in faults. Throws `XML_MALFORMED` or `XML_REFUSED`.
 */
export function parseXml(text: string, what: string, limits: ParseLimits = LIMITS): Element {
  if (text.length > limits.maxLength) throw refused(what, `is longer than ${limits.maxLength} characters`);
  const prolog = BEFORE_ROOT.exec(text)?.[0] ?? '';
  if (text.startsWith('<!DOCTYPE', prolog.length)) throw refused(what, 'has a document type declaration');
  return decode(runParser(text, what), what, limits.maxDepth);
}

function runParser(text: string, what: string): unknown {
  const outcome: { root: unknown; error: Error | undefined } = { root: undefined, error: undefined };
  const parser = newParser();
  parser.on('error', (error: Error) => {
    outcome.error ??= error;
  });
  parser.on('end', (root: unknown) => {
    if (outcome.root !== undefined) outcome.error ??= new Error('there is more than one root element');
    outcome.root ??= root;
  });
  try {
    parser.parseString(text);
  } catch (error) {
    outcome.error ??= error instanceof Error ? error : new Error(String(error));
  }
  if (outcome.error === undefined && outcome.root !== undefined && outcome.root !== null) return outcome.root;
  const reason = outcome.error?.message.replace(/\s*\n\s*/g, ', ') ?? 'there is no root element';
  throw new Fault('corrupt', 'XML_MALFORMED', `${what} is not well-formed XML: ${reason}`, {
    cause: outcome.error,
  });
}

/** xml2js is loaded at the first reading: commands that only write XML must not pay for it. */
function newParser(): Parser {
  const xml2js: typeof import('xml2js') = createRequire(import.meta.url)('xml2js');
  return new xml2js.Parser(OPTIONS);
}

function decode(node: unknown, what: string, depthLeft: number): Element {
  if (depthLeft === 0) throw refused(what, 'is nested too deeply');
  const name = field(node, '#name');
  if (typeof name !== 'string') throw unexpected(what);
  const children: XmlNode[] = [];
  for (const child of list(field(node, '$$'))) {
    const text =
      field(child, '#name') === '__text__' && field(child, '$$') === undefined
        ? field(child, '#')
        : undefined;
    if (typeof text === 'string') appendText(children, text);
    else children.push(decode(child, what, depthLeft - 1));
  }
  return { name, attributes: decodeAttributes(field(node, '@'), what), children: withoutLayout(children) };
}

function decodeAttributes(value: unknown, what: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [key, text] of Object.entries(typeof value === 'object' && value !== null ? value : {})) {
    if (typeof text !== 'string') throw unexpected(what);
    attributes.set(key, text);
  }
  return attributes;
}

function appendText(children: XmlNode[], text: string): void {
  const last = children.at(-1);
  if (typeof last === 'string') children[children.length - 1] = last + text;
  else if (text !== '') children.push(text);
}

/** White space beside elements is layout, unless there is real text among them. */
function withoutLayout(children: readonly XmlNode[]): readonly XmlNode[] {
  const hasText = children.some((child) => !isElement(child) && child.trim() !== '');
  return hasText || !children.some(isElement) ? children : children.filter(isElement);
}

function field(node: unknown, key: string): unknown {
  if (typeof node !== 'object' || node === null) return undefined;
  return Object.getOwnPropertyDescriptor(node, key)?.value;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function refused(what: string, why: string): Fault {
  return new Fault('corrupt', 'XML_REFUSED', `${what} ${why}, which libvirt never writes`, {
    hint: 'Look where the document comes from.',
  });
}

function unexpected(what: string): Fault {
  return new Fault('internal', 'XML_SHAPE', `The XML parser gave a shape that was not expected for ${what}`);
}
