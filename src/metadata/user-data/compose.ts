// Several parts as one multipart MIME document. The same parts give the same bytes: the boundary comes from a hash of them.
// cloud-init reads it with Python's email package, cloudbase-init too. RFC 2046.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { isRunByEnding } from './forms.ts';
import type { UserDataPart } from './part.ts';

/** Such lines go as they are: printable ASCII, short enough for mail. */
const PLAIN_LINES = /^(?:[\t\x20-\x7e]{0,900}(?:\n|$))*$/;
const BASE64_LINE = 76;

/** The document. Every part has a file name of its own: guests write parts to files, and run scripts in their names' order. */
export function composeParts(parts: readonly UserDataPart[]): Buffer {
  const names = partNames(parts);
  const entities = parts.map((part, at) => entity(part, names[at] ?? ''));
  const boundary = boundaryFor(entities);
  // cloudbase-init looks for `Content-Type: multipart` in just this spelling, before the first empty line.
  const head = `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n`;
  const body = entities.map((text) => `--${boundary}\n${text}\n`).join('');
  return Buffer.from(`${head}${body}--${boundary}--\n`, 'latin1');
}

function entity({ contentType, headers, content }: UserDataPart, filename: string): string {
  const body = content.toString('latin1');
  const isPlain = PLAIN_LINES.test(body);
  const charset = contentType.startsWith('text/') ? '; charset="utf-8"' : '';
  return [
    `Content-Type: ${contentType}${charset}`,
    'MIME-Version: 1.0',
    `Content-Transfer-Encoding: ${isPlain ? '7bit' : 'base64'}`,
    `Content-Disposition: attachment; filename="${filename}"`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
    isPlain ? body : base64Lines(content),
  ].join('\n');
}

function base64Lines(content: Buffer): string {
  return (content.toString('base64').match(new RegExp(`.{1,${BASE64_LINE}}`, 'g')) ?? []).join('\n');
}

function boundaryFor(entities: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of entities) hash.update(`${text.length}:`).update(text, 'latin1');
  const digest = hash.digest('hex').slice(0, 32);
  // A text that holds its own hash does not come about, and would only need a longer word.
  let boundary = `==novalet-${digest}==`;
  while (entities.some((text) => text.includes(boundary))) boundary = `=${boundary}`;
  return boundary;
}

/** A MIME part keeps its name; a file gets its place before its own, so that scripts run in the order in which they were given. */
function partNames(parts: readonly UserDataPart[]): readonly string[] {
  const taken = new Set<string>();
  return parts.map((part, at) => {
    const number = `part-${String(at + 1).padStart(3, '0')}`;
    const given = basename(part.filename ?? '').replaceAll(/[^A-Za-z0-9._-]+/g, '-');
    const own = given.replace(/^part-\d{3}-?/, ''); // of a document that was composed before
    const kept = part.isFromMime && own !== '' && !taken.has(own) ? own : undefined;
    const name = withEnding(kept ?? (/[A-Za-z0-9]/.test(own) ? `${number}-${own}` : number), part);
    taken.add(name);
    return name;
  });
}

/** cloudbase-init believes a file's ending more than what the file begins with. */
function withEnding(name: string, { form }: UserDataPart): string {
  const ending = form?.extension;
  if (ending === undefined || !isRunByEnding(name)) return name;
  if (ending !== null && name.toLowerCase().endsWith(`.${ending}`)) return name;
  return `${name}.${ending ?? 'txt'}`;
}
