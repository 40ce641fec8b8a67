// A cloud-config as text. YAML 1.1 as PyYAML reads it, printable ASCII throughout, and no string can be read as anything else.
import { Document, Scalar, visit } from 'yaml';
import { Secret } from '../../base/index.ts';
import type { JsonValue } from '../json.ts';

export interface CloudConfig {
  readonly [key: string]: JsonValue;
}

/** Text that nobody takes for a number, a date, a truth or a mark of YAML's. */
const PLAIN = /^[A-Za-z/](?:[A-Za-z0-9_./ -]*[A-Za-z0-9_])?$/;
/** What a reader of 1.1 may take for more than text; `E0` is a number to one without digits before it. */
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null|e-?[0-9]+)$/i;
const LINES = /^[\x21-\x7e][\t\n\x20-\x7e]*$/;
/** In its beginning it makes cloud-init take the whole text for a MIME document. */
const MIME = /mime-version:/i;

/** For the guest, secrets included. */
export function revealedText(config: CloudConfig): string {
  return write(config, (secret) => secret.reveal());
}

/** For people: every secret is `[secret]`. */
export function maskedText(config: CloudConfig): string {
  return write(config, String);
}

function write(config: CloudConfig, say: (secret: Secret) => string): string {
  // With its schema for 1.1 the library writes << without quotes, whatever the style; what 1.1 takes for more than text, WORDS has.
  const document = new Document(plain(config, say), { version: '1.2', aliasDuplicateObjects: false });
  visit(document, { Scalar: (key, node) => (key === 'key' ? undefined : style(node)) });
  const text = document.toString({ lineWidth: 0, doubleQuotedAsJSON: true });
  return `#cloud-config\n${text.replaceAll(/[^\t\n\x20-\x7e]/gu, escaped).replaceAll(/(mime-version):/gi, '$1\\x3a')}`;
}

/** Whatever has a character that is to be escaped stands in double quotes. */
function style(node: Scalar): undefined {
  const text = node.value;
  if (typeof text !== 'string') return;
  if (PLAIN.test(text) && !WORDS.test(text)) node.type = Scalar.PLAIN;
  else if (text.includes('\n') && LINES.test(text) && !MIME.test(text)) node.type = Scalar.BLOCK_LITERAL;
  else node.type = Scalar.QUOTE_DOUBLE;
}

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
}

function plain(value: JsonValue, say: (secret: Secret) => string): unknown {
  if (value instanceof Secret) return say(value);
  if (Array.isArray(value)) return value.map((inner: JsonValue) => plain(inner, say));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner, say)]));
}
