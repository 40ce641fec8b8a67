// The payloads called fields: docs/lane-protocol.md, "Fields".
import { MAX_ORDER, MAX_PAYLOAD } from './frame.ts';

/** Wire numbers of the tags. */
export const TAG = {
  ARG: 1,
  ENV: 2,
  CWD: 3,
  UID: 4,
  GID: 5,
  GROUP: 6,
  TERMINAL: 7,
  FLAGS: 8,
  BUILTIN: 9,
  PATH: 10,
  MODE: 11,
  HOW: 12,
  OFFSET: 13,
  HOST: 14,
  PORT: 15,
  PID: 16,
  SIZE: 17,
  ERRNO: 18,
  WHERE: 19,
  CHANNEL: 20,
} as const;

const HIGHEST_TAG = TAG.CHANNEL;
const TAG_BYTES = 5;
const MORE: ReadonlySet<number> = new Set([TAG.ARG, TAG.ENV, TAG.GROUP]);

/** Collects fields in the order in which they are added. */
export class FieldWriter {
  readonly #pieces: Buffer[] = [];
  #length = 0;

  bytes(tag: number, value: Buffer): this {
    const head = Buffer.allocUnsafe(TAG_BYTES);
    head[0] = tag;
    head.writeUInt32BE(value.length, 1);
    this.#pieces.push(head, value);
    this.#length += TAG_BYTES + value.length;
    return this;
  }

  text(tag: number, value: string): this {
    return this.bytes(tag, Buffer.from(value));
  }

  integer(tag: number, value: number): this {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(value);
    return this.bytes(tag, bytes);
  }

  long(tag: number, value: number): this {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64BE(BigInt(value));
    return this.bytes(tag, bytes);
  }

  /** Whether one order can carry it. */
  get fits(): boolean {
    return this.#length <= MAX_ORDER;
  }

  get length(): number {
    return this.#length;
  }

  /** What each frame carries: MORE but for the last, which is the order itself. */
  payloads(): readonly [more: readonly Buffer[], last: Buffer] {
    let rest = Buffer.concat(this.#pieces, this.#length);
    const more: Buffer[] = [];
    for (; rest.length > MAX_PAYLOAD; rest = rest.subarray(MAX_PAYLOAD))
      more.push(rest.subarray(0, MAX_PAYLOAD));
    return [more, rest];
  }
}

/** Says why fields cannot be used; the session makes the fault of it. */
export class FieldsBroken extends Error {}

/** Fields that came in. Reading one that is missing, or has the wrong length, throws `FieldsBroken`. */
export class Fields {
  readonly #values: ReadonlyMap<number, readonly Buffer[]>;

  constructor(values: ReadonlyMap<number, readonly Buffer[]>) {
    this.#values = values;
  }

  has(tag: number): boolean {
    return this.#values.has(tag);
  }

  all(tag: number): readonly Buffer[] {
    return this.#values.get(tag) ?? [];
  }

  integer(tag: number): number {
    return this.#sized(tag, 4).readUInt32BE(0);
  }

  /** At most 2^53 - 1. */
  long(tag: number): number {
    const value = this.#sized(tag, 8).readBigUInt64BE(0);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FieldsBroken(`field ${tag} is over 2^53`);
    return Number(value);
  }

  /** UTF-8 without control characters. */
  text(tag: number, maxBytes: number): string {
    const value = this.#one(tag);
    if (value.length > maxBytes) throw new FieldsBroken(`field ${tag} has ${value.length} bytes`);
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(value);
    } catch {
      throw new FieldsBroken(`field ${tag} is not UTF-8`);
    }
    if (/\p{Cc}/u.test(text)) throw new FieldsBroken(`field ${tag} has control characters`);
    return text;
  }

  #one(tag: number): Buffer {
    const value = this.all(tag)[0];
    if (value === undefined) throw new FieldsBroken(`field ${tag} is missing`);
    return value;
  }

  #sized(tag: number, length: number): Buffer {
    const value = this.#one(tag);
    if (value.length !== length) throw new FieldsBroken(`field ${tag} has ${value.length} bytes`);
    return value;
  }
}

/** Throws `FieldsBroken` for unknown tags, tags that come again, and lengths that go past the end. */
export function decodeFields(payload: Buffer): Fields {
  const values = new Map<number, Buffer[]>();
  for (let at = 0; at < payload.length; ) {
    if (payload.length - at < TAG_BYTES) throw new FieldsBroken('a field is cut off');
    const tag = payload.readUInt8(at);
    const length = payload.readUInt32BE(at + 1);
    at += TAG_BYTES;
    if (tag === 0 || tag > HIGHEST_TAG) throw new FieldsBroken(`field ${tag} is not known`);
    if (length > payload.length - at) throw new FieldsBroken(`field ${tag} goes past the end`);
    const earlier = values.get(tag);
    if (earlier !== undefined && !MORE.has(tag)) throw new FieldsBroken(`field ${tag} comes twice`);
    const value = payload.subarray(at, at + length);
    if (earlier === undefined) values.set(tag, [value]);
    else earlier.push(value);
    at += length;
  }
  return new Fields(values);
}
