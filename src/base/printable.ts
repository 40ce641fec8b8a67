// Makes text that a guest wrote fit for a terminal: escape sequences are cut out, control characters too, so that
// no guest moves the cursor, sets a title or answers in the user's name. Rules: ECMA-48 (CSI, OSC, DCS, C1),
// Unicode's bidirectional controls (a line must read as it is stored).
import { StringDecoder } from 'node:string_decoder';

const ESC = 0x1b;
const BEL = 0x07;
const STRING_TERMINATOR = 0x9c;

/** Where a scanner stands inside an escape sequence. */
type State = 'text' | 'escape' | 'intermediate' | 'csi' | 'string' | 'string-escape';

/** A control string that never ends would swallow everything; after this many characters it is text again. */
const LONGEST_STRING = 4096;

/** One line: what is not printable goes away, a line break or tab becomes a space. */
export function printableLine(text: string): string {
  return printableText(text)
    .replace(/[\n\t]+/g, ' ')
    .trim();
}

/** Several lines: line feeds and tabs stay. */
export function printableText(text: string): string {
  return new PrintableStream().text(text);
}

/** The same for bytes that come in pieces; a sequence or a character may be cut anywhere. */
export class PrintableStream {
  readonly #decoder = new StringDecoder('utf8');
  #state: State = 'text';
  #stringLength = 0;

  write(bytes: Uint8Array): string {
    return this.text(this.#decoder.write(Buffer.from(bytes)));
  }

  text(text: string): string {
    let out = '';
    for (const character of text) {
      if (this.#isText(character.codePointAt(0) ?? 0)) out += character;
    }
    return out;
  }

  /** Moves on by one character; true when it is to be shown. */
  #isText(code: number): boolean {
    switch (this.#state) {
      case 'text':
        return this.#inText(code);
      case 'escape':
        return this.#leave(afterEscape(code));
      case 'intermediate':
        return this.#leave(code >= 0x20 && code <= 0x2f ? 'intermediate' : 'text');
      case 'csi':
        return this.#leave(code === ESC ? 'escape' : code >= 0x20 && code <= 0x3f ? 'csi' : 'text');
      case 'string':
        return this.#inString(code);
      case 'string-escape':
        return this.#leave(code === 0x5c ? 'text' : code === ESC ? 'string-escape' : 'string');
      default:
        return this.#state satisfies never;
    }
  }

  #inText(code: number): boolean {
    if (code === ESC) return this.#leave('escape');
    if (code === 0x9b) return this.#leave('csi');
    if (opensString(code)) return this.#openString();
    return isPrintable(code);
  }

  #inString(code: number): boolean {
    this.#stringLength += 1;
    if (code === BEL || code === STRING_TERMINATOR || this.#stringLength > LONGEST_STRING) {
      return this.#leave('text');
    }
    return this.#leave(code === ESC ? 'string-escape' : 'string');
  }

  #openString(): false {
    this.#stringLength = 0;
    return this.#leave('string');
  }

  #leave(next: State): false {
    if (next === 'string' && this.#state === 'escape') this.#stringLength = 0;
    this.#state = next;
    return false;
  }
}

function afterEscape(code: number): State {
  if (code === ESC) return 'escape';
  if (code === 0x5b) return 'csi'; // ESC [
  if ([0x50, 0x58, 0x5d, 0x5e, 0x5f].includes(code)) return 'string'; // ESC P X ] ^ _
  if (code >= 0x20 && code <= 0x2f) return 'intermediate';
  return 'text';
}

/** The one-character forms of DCS, SOS, OSC, PM and APC. */
function opensString(code: number): boolean {
  return code === 0x90 || code === 0x98 || code === 0x9d || code === 0x9e || code === 0x9f;
}

function isPrintable(code: number): boolean {
  if (code === 0x0a || code === 0x09) return true;
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false;
  return !isDirectionControl(code);
}

/** LRM, RLM, line and paragraph separators, embeddings and isolates. */
function isDirectionControl(code: number): boolean {
  return (
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}
