// Content-Transfer-Encoding, taken off. RFC 2045, section 6.

export type Decoded =
  /** `isPlain` where nothing had to be taken off. */
  | { readonly kind: 'decoded'; readonly content: Buffer; readonly isPlain: boolean }
  | { readonly kind: 'broken'; readonly what: string };

/** `body` has one character a byte. */
export function decodeBody(encoding: string, body: string): Decoded {
  switch (encoding) {
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
      return { kind: 'decoded', content: Buffer.from(body, 'latin1'), isPlain: true };
    case 'base64':
      return base64(body.replaceAll(/\s+/g, ''));
    case 'quoted-printable':
      return decoded(quotedPrintable(body));
    default:
      return { kind: 'broken', what: 'a Content-Transfer-Encoding that nobody knows' };
  }
}

function base64(text: string): Decoded {
  const isWhole = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isWhole ? decoded(Buffer.from(text, 'base64')) : { kind: 'broken', what: 'the base64 is damaged' };
}

function quotedPrintable(body: string): Buffer {
  const text = body
    .split('\n')
    .map(withoutBlanks)
    .join('\n')
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}

/** Blanks at the end of a line are mail's. */
function withoutBlanks(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1;
  return text.slice(0, end) + line.slice(text.length);
}

function decoded(content: Buffer): Decoded {
  return { kind: 'decoded', content, isPlain: false };
}
