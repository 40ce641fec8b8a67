// Lines for QMP and QGA: one JSON value, one newline; 0xFF starts afresh.
// Knows bytes; knows no command and no socket. Rules: QEMU, docs/interop/qmp-spec and qga's guest-sync-delimited.

const NEWLINE = 0x0a;
const DELIMITER = 0xff;
const FIRST_BYTES = 4096;

export type Line =
  /** A whole line. `afterDelimiter`: a 0xFF stood directly before it. The bytes are the receiver's own. */
  | { readonly kind: 'line'; readonly bytes: Buffer; readonly afterDelimiter: boolean }
  /** A line passed the limit; what follows up to its end is thrown away. */
  | { readonly kind: 'too-large' };

/**
 * Cuts a byte stream into lines, in memory bounded by twice `limit`. A 0xFF byte, which JSON cannot hold, throws away
 * what stood before it, so of several the last one counts.
 */
export class LineSplitter {
  /** The longest line that is kept, in bytes; may change at any time and holds from then on. */
  limit: number;
  #held = Buffer.alloc(0);
  #length = 0;
  #skipping = false;
  #afterDelimiter = false;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** How many bytes of an unfinished line are held. */
  get pendingBytes(): number {
    return this.#length;
  }

  /** Takes the next bytes and gives the lines that they complete, empty ones left out. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let at = 0;
    while (at < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, at);
      const end = newline < 0 ? chunk.length : newline;
      this.#append(chunk.subarray(at, end), lines);
      if (newline < 0) break;
      this.#finish(lines);
      at = newline + 1;
    }
    return lines;
  }

  #append(piece: Buffer, lines: Line[]): void {
    const delimiter = piece.lastIndexOf(DELIMITER);
    if (delimiter >= 0) {
      this.#reset();
      this.#afterDelimiter = true;
    }
    const bytes = piece.subarray(delimiter + 1);
    if (this.#skipping) return;
    if (this.#length + bytes.length > this.limit) {
      this.#reset();
      this.#skipping = true;
      lines.push({ kind: 'too-large' });
      return;
    }
    this.#reserve(this.#length + bytes.length);
    bytes.copy(this.#held, this.#length);
    this.#length += bytes.length;
  }

  #finish(lines: Line[]): void {
    if (!this.#skipping && this.#length > 0) {
      const bytes = this.#held.subarray(0, this.#length);
      lines.push({ kind: 'line', bytes, afterDelimiter: this.#afterDelimiter });
    }
    this.#reset();
  }

  #reset(): void {
    this.#held = Buffer.alloc(0);
    this.#length = 0;
    this.#skipping = false;
    this.#afterDelimiter = false;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#held.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, this.#held.length * 2, FIRST_BYTES));
    this.#held.copy(larger, 0, 0, this.#length);
    this.#held = larger;
  }
}
