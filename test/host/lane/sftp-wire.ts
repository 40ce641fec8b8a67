// The SFTP wire from the client's side: packets from fields, and what a server's bytes hold. Knows bytes only.

/** The draft's numbers. */
export const FXP = {
  INIT: 1,
  VERSION: 2,
  OPEN: 3,
  CLOSE: 4,
  READ: 5,
  WRITE: 6,
  LSTAT: 7,
  FSTAT: 8,
  SETSTAT: 9,
  FSETSTAT: 10,
  OPENDIR: 11,
  READDIR: 12,
  REMOVE: 13,
  MKDIR: 14,
  RMDIR: 15,
  REALPATH: 16,
  STAT: 17,
  RENAME: 18,
  READLINK: 19,
  SYMLINK: 20,
  STATUS: 101,
  HANDLE: 102,
  DATA: 103,
  NAME: 104,
  ATTRS: 105,
  EXTENDED: 200,
  EXTENDED_REPLY: 201,
} as const;

export const FX = { OK: 0, EOF: 1, NO_SUCH_FILE: 2, DENIED: 3, FAILURE: 4, UNSUPPORTED: 8 } as const;
export const OPEN = { READ: 1, WRITE: 2, APPEND: 4, CREATE: 8, TRUNCATE: 16, NEW: 32 } as const;

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

export function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u32(bytes.length), bytes]);
}

export interface Wanted {
  readonly size?: bigint;
  readonly owner?: readonly [number, number];
  readonly mode?: number;
  readonly times?: readonly [number, number];
}

export function attributes({ size, owner, mode, times }: Wanted = {}): Buffer {
  const flags =
    (size === undefined ? 0 : 1) |
    (owner === undefined ? 0 : 2) |
    (mode === undefined ? 0 : 4) |
    (times === undefined ? 0 : 8);
  return Buffer.concat([
    u32(flags),
    size === undefined ? Buffer.alloc(0) : u64(size),
    ...(owner ?? []).map(u32),
    mode === undefined ? Buffer.alloc(0) : u32(mode),
    ...(times ?? []).map(u32),
  ]);
}

/** A packet of these bytes, whatever they are. */
export function frame(...parts: readonly Buffer[]): Buffer {
  return text(Buffer.concat(parts));
}

export function packet(type: number, id: number, ...fields: readonly Buffer[]): Buffer {
  return frame(Buffer.of(type), u32(id), ...fields);
}

export const INIT = frame(Buffer.of(FXP.INIT), u32(3));

/** A request without its number. */
export interface Request {
  readonly type: number;
  readonly fields: readonly Buffer[];
}

export function ask(type: number, ...fields: readonly Buffer[]): Request {
  return { type, fields };
}

export function open(path: string, flags: number, wanted: Wanted = {}): Request {
  return ask(FXP.OPEN, text(path), u32(flags), attributes(wanted));
}

export function extended(name: string, ...fields: readonly Buffer[]): Request {
  return ask(FXP.EXTENDED, text(name), ...fields);
}

/** Reads fields off a packet, and fails where it ends too early. */
export class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  u64(): bigint {
    this.#at += 8;
    return this.#bytes.readBigUInt64BE(this.#at - 8);
  }

  bytes(): Buffer {
    const length = this.u32();
    if (length > this.#bytes.length - this.#at) throw new RangeError('a string is longer than its packet');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString('latin1');
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}

export interface Attributes {
  readonly size: bigint;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly atime: number;
  readonly mtime: number;
}

/** All attributes, or undefined where the server sent none. */
export function takeAttributes(fields: Fields): Attributes | undefined {
  if (fields.u32() === 0) return undefined;
  const size = fields.u64();
  const [uid, gid, mode, atime, mtime] = [
    fields.u32(),
    fields.u32(),
    fields.u32(),
    fields.u32(),
    fields.u32(),
  ];
  return { size, uid, gid, mode, atime, mtime };
}

export interface Reply {
  readonly type: number;
  /** Of VERSION, the version. */
  readonly id: number;
  readonly fields: Fields;
  readonly length: number;
}

/** Cuts bytes into replies. Feed it as they come. */
export class Replies {
  #rest = Buffer.alloc(0);

  feed(bytes: Buffer): Reply[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const replies: Reply[] = [];
    while (this.#rest.length >= 4) {
      const length = this.#rest.readUInt32BE(0);
      if (length < 5 || length > 256 * 1024) throw new RangeError(`a reply of ${length} bytes`);
      if (this.#rest.length < 4 + length) break;
      const body = this.#rest.subarray(4, 4 + length);
      replies.push({
        type: body.readUInt8(0),
        id: body.readUInt32BE(1),
        fields: new Fields(body.subarray(5)),
        length,
      });
      this.#rest = this.#rest.subarray(4 + length);
    }
    return replies;
  }

  isBetweenReplies(): boolean {
    return this.#rest.length === 0;
  }
}

/** A reply in words, for comparison: the status, the path, or the kind. */
export function inWords(reply: Reply): string {
  if (reply.type === FXP.STATUS) return `status ${reply.fields.u32()}`;
  if (reply.type === FXP.NAME) return `${reply.fields.u32()} name ${reply.fields.text()}`;
  return `type ${reply.type}`;
}
