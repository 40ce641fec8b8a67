// MIME as far as user data have it: headers, multiparts within multiparts, base64 and quoted-printable. RFC 2045, 2046.
// Works on text of one character a byte, so that nothing is lost; what it reads is bounded by the caller.
import type { Fault } from '../../base/index.ts';
import { decodeBody } from './mime-decode.ts';
import { problem } from './problem.ts';

const MAX_DEPTH = 10;
const MAX_LEAVES = 200;

export type Headers = readonly (readonly [name: string, value: string])[];

/** One part that holds no further parts. */
export interface MimeLeaf {
  readonly headers: Headers;
  /** Without parameters, in small letters. */
  readonly contentType: string;
  readonly filename: string | undefined;
  readonly content: Buffer;
  /** The line of the document that the body begins in. */
  readonly line: number;
  /** The body's lines are those of the document. */
  readonly isPlain: boolean;
}

interface Document {
  readonly file: string;
  /** With their line ends. */
  readonly lines: readonly string[];
  readonly leaves: MimeLeaf[];
}

/** Lines from `start` up to `end`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The parts in their order. Throws `USER_DATA_MIME_INVALID`. */
export function parseMime(bytes: Uint8Array, file: string): readonly MimeLeaf[] {
  const text = Buffer.from(bytes).toString('latin1');
  const document: Document = { file, lines: text.match(/[^\n]*\n|[^\n]+$/g) ?? [], leaves: [] };
  parseEntity(document, { start: 0, end: document.lines.length }, 0);
  return document.leaves;
}

/** The value of a header, parameters and all; the first where there are several. */
export function header(headers: Headers, name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

function parseEntity(document: Document, { start, end }: Range, depth: number): void {
  const { headers, body } = readHeaders(document, { start, end });
  const { value: contentType, parameter } = parseValue(header(headers, 'content-type') ?? 'text/plain');
  if (contentType.startsWith('multipart/')) {
    const boundary = parameter('boundary');
    if (boundary === undefined) throw broken(document, start, 'a multipart has no boundary');
    if (depth === MAX_DEPTH) throw broken(document, start, `more than ${MAX_DEPTH} multiparts in each other`);
    for (const range of splitAt(document, { start: body, end }, boundary))
      parseEntity(document, range, depth + 1);
    return;
  }
  if (document.leaves.length === MAX_LEAVES) throw broken(document, start, `more than ${MAX_LEAVES} parts`);
  const encoding = (header(headers, 'content-transfer-encoding') ?? '7bit').trim().toLowerCase();
  const decoded = decodeBody(encoding, bodyText(document, { start: body, end }, depth));
  if (decoded.kind === 'broken') throw broken(document, body, decoded.what);
  const disposition = parseValue(header(headers, 'content-disposition') ?? '');
  document.leaves.push({
    headers,
    contentType,
    filename: disposition.parameter('filename') ?? parameter('name'),
    content: decoded.content,
    line: body + 1,
    isPlain: decoded.isPlain,
  });
}

/** The line end before a boundary belongs to the boundary; that of the whole document's end is its own. */
function bodyText({ lines }: Document, { start, end }: Range, depth: number): string {
  const text = lines.slice(start, end).join('');
  return depth === 0 ? text : text.replace(/\r?\n$/, '');
}

function readHeaders(document: Document, { start, end }: Range): { headers: Headers; body: number } {
  const headers: [string, string][] = [];
  for (let at = start; at < end; at += 1) {
    const line = (document.lines[at] ?? '').replace(/\r?\n$/, '');
    if (line === '') return { headers, body: at + 1 };
    const last = headers.at(-1);
    const match = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/.exec(line);
    if (/^[ \t]/.test(line) && last !== undefined) last[1] += ` ${line.trim()}`;
    else if (match !== null) headers.push([match[1] ?? '', match[2] ?? '']);
    else throw broken(document, at, 'a header or an empty line was to come here');
  }
  return { headers, body: end };
}

/** What lies between the boundaries; what stands before the first and behind the last is for people. */
function splitAt(document: Document, { start, end }: Range, boundary: string): readonly Range[] {
  const ranges: Range[] = [];
  let open: number | undefined;
  for (let at = start; at < end; at += 1) {
    const line = (document.lines[at] ?? '').trimEnd();
    if (line !== `--${boundary}` && line !== `--${boundary}--`) continue;
    if (open !== undefined) ranges.push({ start: open, end: at });
    open = at + 1;
    if (line.length === boundary.length + 4) return ranges;
  }
  throw broken(
    document,
    start - 1,
    open === undefined
      ? 'the boundary that the header names is nowhere'
      : 'the last boundary is missing, with -- at its end',
  );
}

/** `attachment; filename="a b"` → value and parameters. */
function parseValue(text: string): { value: string; parameter: (name: string) => string | undefined } {
  const [value = ''] = text.split(';', 1);
  const pattern = /;\s*([^=;\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g;
  const parameters = new Map(
    [...text.matchAll(pattern)].map(([, name = '', quoted, plain = '']) => [
      name.toLowerCase(),
      quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1'),
    ]),
  );
  return { value: value.trim().toLowerCase(), parameter: (name) => parameters.get(name) };
}

function broken({ file }: Document, at: number, what: string): Fault {
  return problem('invalid', 'USER_DATA_MIME_INVALID', {
    spot: { file, line: Math.max(at, 0) + 1 },
    what: `this is no whole MIME document: ${what}`,
    hint: 'Give the files themselves, each with --user-data; novalet makes one document of them.',
  });
}
