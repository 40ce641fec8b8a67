// The lane's protocol from the host end, for tests of the server: written from docs/lane-protocol.md and not from our own
// client, so that one mistake is not made at both ends.
export const FRAME = {
  spawn: 1,
  open: 2,
  connect: 3,
  listen: 4,
  data: 5,
  eof: 6,
  window: 7,
  signal: 8,
  resize: 9,
  close: 10,
  ping: 11,
  pong: 12,
  quit: 13,
  more: 14,
  opened: 32,
  failed: 33,
  exit: 34,
  accepted: 35,
} as const;

export const TAG = {
  arg: 1,
  env: 2,
  cwd: 3,
  uid: 4,
  gid: 5,
  group: 6,
  terminal: 7,
  flags: 8,
  builtin: 9,
  path: 10,
  mode: 11,
  how: 12,
  offset: 13,
  host: 14,
  port: 15,
  pid: 16,
  size: 17,
  errno: 18,
  where: 19,
  channel: 20,
} as const;

export const FLAG = { stdin: 1, digestOut: 2, digestIn: 4 } as const;
export const HOW = { read: 0, new: 1, truncate: 2, at: 3 } as const;

export interface Frame {
  readonly channel: number;
  readonly type: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function pair(first: number, second: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(first);
  bytes.writeUInt16BE(second, 2);
  return bytes;
}

export type Field = readonly [tag: number, value: Buffer | string | number];

export function fields(list: readonly Field[]): Buffer {
  return Buffer.concat(
    list.map(([tag, value]) => {
      const bytes = typeof value === 'number' ? integer(value) : Buffer.from(value);
      return Buffer.concat([Buffer.of(tag), integer(bytes.length), bytes]);
    }),
  );
}

/** The value of a tag that must be there. */
export function field(payload: Buffer, tag: number): Buffer {
  for (let at = 0; at < payload.length; ) {
    const length = payload.readUInt32BE(at + 1);
    const value = payload.subarray(at + 5, at + 5 + length);
    if (payload[at] === tag) return value;
    at += 5 + length;
  }
  throw new Error(`no field ${tag} in ${payload.toString('hex')}`);
}

/** Version 0 dismisses the server. */
export function hello(nonce: Buffer, version = 1): Buffer {
  const mark = Buffer.from('934e564c48454c4f', 'hex');
  return Buffer.concat([mark, pair(version, 0), Buffer.alloc(4), nonce]);
}

export function encode(session: number, frame: Frame): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(session);
  head.writeUInt32BE(frame.channel, 4);
  head[8] = frame.type;
  head[9] = frame.stream;
  head.writeUInt32BE(frame.payload.length, 12);
  return Buffer.concat([head, frame.payload, integer(session)]);
}

/** Takes one whole frame off the front; undefined when it is not all there. */
export function decode(bytes: Buffer, session: number): { frame: Frame; size: number } | undefined {
  if (bytes.length < 16) return undefined;
  const length = bytes.readUInt32BE(12);
  if (length > 32_744) throw new Error(`a frame of ${length} bytes`);
  if (bytes.length < length + 20) return undefined;
  if (bytes.readUInt32BE(0) !== session || bytes.readUInt32BE(length + 16) !== session) {
    throw new Error('a frame of another session');
  }
  const frame = {
    channel: bytes.readUInt32BE(4),
    type: bytes.readUInt8(8),
    stream: bytes.readUInt8(9),
    payload: Buffer.from(bytes.subarray(16, 16 + length)),
  };
  return { frame, size: length + 20 };
}

/** A welcome with this nonce, wherever it begins; what came before it is dropped. */
export function seekWelcome(bytes: Buffer, nonce: Buffer): { facts: unknown; rest: Buffer } | undefined {
  const mark = Buffer.from('934e564c57454c43', 'hex');
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    if (bytes.length < at + 32 || !bytes.subarray(at + 16, at + 32).equals(nonce)) continue;
    const end = at + 32 + bytes.readUInt32BE(at + 12);
    if (bytes.length < end) return undefined;
    const facts: unknown = end === at + 32 ? undefined : JSON.parse(bytes.toString('utf8', at + 32, end));
    return { facts, rest: bytes.subarray(end) };
  }
  return undefined;
}
