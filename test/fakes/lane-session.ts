// One client of the fake lane server: its frames taken apart, its channels played.
import { createHash, type Hash, randomInt } from 'node:crypto';
import type { FakeFile, FakeLaneServer, FakeProgram } from './lane-server.ts';

const HELLO = Buffer.from('934e564c48454c4f', 'hex');
const WELCOME = Buffer.from('934e564c57454c43', 'hex');
const FIRST_CREDIT = 262_144;
const MOST = 32_744;

interface Output {
  credit: number;
  queue: { readonly bytes: Buffer | 'eof'; readonly onSent?: (() => void) | undefined }[];
  digest: Hash | undefined;
}

/** A channel as the fake keeps it. */
export interface FakeChannel {
  readonly number: number;
  readonly outputs: ReadonlyMap<number, Output>;
  isOpen: boolean;
  /** What a program has still to say before its channel ends by itself. */
  readonly open: Set<number | 'exit'>;
  onData: (bytes: Buffer) => void;
  onEof: () => void;
  onSignal: (number: number, isTree: boolean) => void;
  onResize: (rows: number, columns: number) => void;
}

/** The values of a request's fields, by tag. */
export type FakeFields = ReadonlyMap<number, readonly Buffer[]>;

export class FakeLane {
  readonly channels = new Map<number, FakeChannel>();
  /** Types of the frames that came, with their channels. */
  readonly seen: { readonly type: number; readonly channel: number }[] = [];
  session = 0;
  /** Set to something else to send another session's number. */
  saysSession: number | undefined;
  /** What a LISTEN is told; undefined refuses. */
  listenPort: number | undefined = 4000;
  readonly #server: FakeLaneServer;
  readonly #send: (bytes: Buffer) => void;
  readonly hangUp: () => void;
  #held: Buffer = Buffer.alloc(0);
  #nonce: Buffer = Buffer.alloc(0);
  #accepted = 2 ** 31;
  /** What MORE brought for the order that comes next. */
  #draft = Buffer.alloc(0);

  constructor(server: FakeLaneServer, send: (bytes: Buffer) => void, hangUp: () => void) {
    this.hangUp = hangUp;
    this.#server = server;
    this.#send = send;
  }

  push(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    for (;;) {
      const size = this.#next();
      if (size === 0) return;
      this.#held = this.#held.subarray(size);
    }
  }

  /** Bytes as they are. */
  raw(bytes: Buffer): void {
    this.#send(bytes);
  }

  frame(channel: number, type: number, stream = 0, payload: Buffer = Buffer.alloc(0)): void {
    const head = Buffer.alloc(16);
    const session = this.saysSession ?? this.session;
    head.writeUInt32BE(session, 0);
    head.writeUInt32BE(channel, 4);
    head[8] = type;
    head[9] = stream;
    head.writeUInt32BE(payload.length, 12);
    this.#send(Buffer.concat([head, payload, integers(session)]));
  }

  /** As after a hello that was repeated. */
  welcomeAgain(): void {
    this.welcome(this.#nonce);
  }

  /** A connection comes to a listener; gives its channel. */
  accept(listener: number): FakeChannel {
    const channel = this.#channel(this.#accepted++);
    channel.isOpen = true;
    const fields = [
      field(20, integers(channel.number)),
      field(14, Buffer.from('10.0.0.9')),
      field(15, integers(40_000)),
    ];
    this.frame(listener, 35, 0, Buffer.concat(fields));
    return channel;
  }

  /** Sends as credit allows. */
  write(channel: FakeChannel, stream: number, bytes: Buffer | 'eof', then?: () => void): void {
    channel.outputs.get(stream)?.queue.push({ bytes, onSent: then });
    this.#pump(channel, stream);
  }

  close(channel: FakeChannel, payload?: Buffer): void {
    this.channels.delete(channel.number);
    this.frame(channel.number, 10, 0, payload);
  }

  /** CLOSE of the server's own, with its reason. */
  breakOff(channel: FakeChannel, errno: number, where: string): void {
    this.close(channel, reason(errno, where));
  }

  /** How many bytes were taken; 0 when more must come. */
  #next(): number {
    const held = this.#held;
    if (held.length >= 8 && held.subarray(0, 8).equals(HELLO)) {
      if (held.length < 32) return 0;
      if (held.readUInt16BE(8) === 0) this.#dismissed(Buffer.from(held.subarray(16, 32)));
      else this.#hello(Buffer.from(held.subarray(16, 32)));
      return 32;
    }
    if (held.length < 20) return 0;
    const length = held.readUInt32BE(12);
    if (held.readUInt32BE(0) !== this.session || length > MOST)
      throw new Error('the client broke the protocol');
    if (held.length < 20 + length) return 0;
    this.#take(held.subarray(0, 16), held.subarray(16, 16 + length));
    return 20 + length;
  }

  #dismissed(nonce: Buffer): void {
    const head = Buffer.alloc(16);
    WELCOME.copy(head);
    head.writeUInt16BE(this.#server.version, 8);
    this.#send(Buffer.concat([head, nonce]));
    this.#server.emit('quit');
  }

  #hello(nonce: Buffer): void {
    this.#server.hellos += 1;
    if (this.#server.hellos <= this.#server.deafFor) return;
    if (!nonce.equals(this.#nonce)) {
      this.#nonce = nonce;
      this.session = randomInt(1, 0x7fff_ffff);
      this.channels.clear();
      this.#server.lanes.push(this);
    }
    this.welcome(this.#nonce);
  }

  welcome(nonce: Buffer): void {
    const usual = { server: 'fake', bootId: 'b-1', machine: 'x86_64', pid: 42, uid: 0, cgroup: false };
    const facts = Buffer.from(JSON.stringify({ session: this.session, ...usual, ...this.#server.facts }));
    const head = Buffer.alloc(16);
    WELCOME.copy(head);
    head.writeUInt16BE(this.#server.version, 8);
    head.writeUInt32BE(facts.length, 12);
    this.#send(Buffer.concat([head, nonce, facts]));
  }

  #take(head: Buffer, payload: Buffer): void {
    const [number, type, stream] = [head.readUInt32BE(4), head.readUInt8(8), head.readUInt8(9)];
    this.seen.push({ type, channel: number });
    if (type === 11) this.frame(0, 12, 0, payload);
    else if (type === 13) this.#server.emit('quit');
    else if (type === 14) this.#draft = Buffer.concat([this.#draft, payload]);
    else if (type <= 4) {
      const fields = Buffer.concat([this.#draft, payload]);
      this.#draft = Buffer.alloc(0);
      this.#request(type, this.#channel(number), fieldsOf(fields));
    } else {
      const channel = this.channels.get(number);
      if (channel !== undefined) this.#control(channel, { type, stream, payload });
    }
  }

  #control(channel: FakeChannel, frame: { type: number; stream: number; payload: Buffer }): void {
    const { type, stream, payload } = frame;
    if (type === 5) {
      channel.onData(Buffer.from(payload));
      if (this.#server.givesCredit && this.channels.has(channel.number))
        this.frame(channel.number, 7, 0, integers(payload.length));
    } else if (type === 6) channel.onEof();
    else if (type === 7) {
      const output = channel.outputs.get(stream);
      if (output === undefined) throw new Error('a window for a stream that is not there');
      output.credit += payload.readUInt32BE(0);
      this.#pump(channel, stream);
    } else if (type === 8) channel.onSignal(payload.readUInt32BE(0), payload[4] === 1);
    else if (type === 9) channel.onResize(payload.readUInt16BE(0), payload.readUInt16BE(2));
    else if (type === 10) this.close(channel);
  }

  #channel(number: number): FakeChannel {
    if (this.channels.has(number)) throw new Error('the client opened a channel twice');
    const output = (): Output => ({ credit: FIRST_CREDIT, queue: [], digest: undefined });
    const channel: FakeChannel = {
      number,
      outputs: new Map([0, 1, 2].map((stream) => [stream, output()])),
      isOpen: false,
      open: new Set(),
      onData: () => {},
      onEof: () => {},
      onSignal: () => {},
      onResize: () => {},
    };
    this.channels.set(number, channel);
    return channel;
  }

  #request(type: number, channel: FakeChannel, fields: FakeFields): void {
    if (type === 1) this.#spawn(channel, fields);
    else if (type === 2) this.#open(channel, fields);
    else if (type === 3) this.#connect(channel, fields);
    else if (this.listenPort === undefined) this.refuse(channel, 98, 'listen');
    else this.opened(channel, [field(15, integers(this.listenPort))]);
  }

  opened(channel: FakeChannel, fields: readonly Buffer[]): void {
    channel.isOpen = true;
    this.frame(channel.number, 32, 0, Buffer.concat(fields));
  }

  refuse(channel: FakeChannel, errno: number, where: string): void {
    this.channels.delete(channel.number);
    this.frame(channel.number, 33, 0, reason(errno, where));
  }

  #spawn(channel: FakeChannel, fields: FakeFields): void {
    const argv = texts(fields, 1);
    const builtin = texts(fields, 9)[0] ?? '';
    const program: FakeProgram = Object.assign(channel, {
      argv,
      env: Object.fromEntries(texts(fields, 2).map((text) => text.split(/=(.*)/s, 2))),
      cwd: texts(fields, 3)[0] ?? '',
      uid: fields.get(4)?.[0]?.readUInt32BE(0) ?? -1,
      groups: (fields.get(6) ?? []).map((bytes) => bytes.readUInt32BE(0)),
      builtin,
      hasTerminal: fields.has(7),
      opened: (pid = 1000 + channel.number) => this.opened(channel, [field(16, integers(pid))]),
      refuse: (errno: number, where: string) => this.refuse(channel, errno, where),
      write: (stream: number, bytes: Buffer, then?: () => void) => this.write(channel, stream, bytes, then),
      eof: (stream: number) => this.write(channel, stream, 'eof'),
      exit: (code: number, signal = 0) => {
        this.frame(channel.number, 34, 0, integers(code, signal));
        channel.open.delete('exit');
        this.#settle(channel);
      },
    });
    for (const what of fields.has(7) ? [1, 'exit' as const] : [1, 2, 'exit' as const]) channel.open.add(what);
    this.#server.spawned.push(program);
    const handler = this.#server.programs.get(builtin === '' ? (argv[0] ?? '') : builtin);
    if (handler === undefined) program.refuse(2, 'exec');
    else handler(program);
  }

  #open(channel: FakeChannel, fields: FakeFields): void {
    const path = texts(fields, 10)[0] ?? '';
    const how = fields.get(12)?.[0]?.readUInt32BE(0) ?? 0;
    const file = this.#server.files.get(path);
    if (how === 0 && file === undefined) this.refuse(channel, 2, 'open');
    else if (how === 1 && file !== undefined) this.refuse(channel, 17, 'open');
    else if (how === 0) this.#read(channel, fields, file ?? { bytes: Buffer.alloc(0), mode: 0 });
    else this.#writeFile(channel, fields, path);
  }

  #read(channel: FakeChannel, fields: FakeFields, file: FakeFile): void {
    this.opened(channel, [field(17, long(file.bytes.length))]);
    const output = channel.outputs.get(1);
    if (output !== undefined && (flagsOf(fields) & 2) !== 0) output.digest = createHash('blake2b512');
    const bytes = file.bytes.subarray(offsetOf(fields));
    if (bytes.length > 0) this.write(channel, 1, bytes);
    this.write(channel, 1, 'eof', () => this.channels.delete(channel.number));
  }

  #writeFile(channel: FakeChannel, fields: FakeFields, path: string): void {
    const mode = fields.get(11)?.[0]?.readUInt32BE(0) ?? 0;
    const how = fields.get(12)?.[0]?.readUInt32BE(0) ?? 0;
    const old = this.#server.files.get(path);
    const kept = how === 3 ? (old?.bytes.subarray(0, offsetOf(fields)) ?? Buffer.alloc(0)) : Buffer.alloc(0);
    const pieces: Buffer[] = [kept];
    const digest = createHash('blake2b512');
    this.opened(channel, [field(17, long(old?.bytes.length ?? 0))]);
    channel.onData = (bytes) => {
      digest.update(bytes);
      pieces.push(bytes);
    };
    channel.onEof = () => {
      this.#server.files.set(path, { bytes: Buffer.concat(pieces), mode: old?.mode ?? mode });
      this.channels.delete(channel.number);
      this.frame(channel.number, 6, 0, (flagsOf(fields) & 4) === 0 ? undefined : digest.digest());
    };
  }

  /** Gives back what it gets; the path or host `closed` refuses. */
  #connect(channel: FakeChannel, fields: FakeFields): void {
    if ([...texts(fields, 10), ...texts(fields, 14)].includes('closed')) {
      this.refuse(channel, 111, 'connect');
      return;
    }
    this.opened(channel, []);
    channel.onData = (bytes) => this.write(channel, 1, bytes);
    channel.onEof = () => this.write(channel, 1, 'eof', () => this.channels.delete(channel.number));
  }

  /** A program's channel ends by itself. */
  #settle(channel: FakeChannel): void {
    if (channel.open.size === 0) this.channels.delete(channel.number);
  }

  #pump(channel: FakeChannel, stream: number): void {
    const output = channel.outputs.get(stream);
    for (let first = output?.queue[0]; output !== undefined && first !== undefined; first = output.queue[0]) {
      if (first.bytes === 'eof') {
        this.frame(channel.number, 6, stream, output.digest?.digest());
        if (channel.open.delete(stream)) this.#settle(channel);
      } else {
        const piece = first.bytes.subarray(0, Math.min(output.credit, MOST));
        if (piece.length === 0) return;
        output.credit -= piece.length;
        output.digest?.update(piece);
        this.frame(channel.number, 5, stream, piece);
        const rest = first.bytes.subarray(piece.length);
        output.queue[0] = { bytes: rest, onSent: first.onSent };
        if (rest.length > 0) continue;
      }
      output.queue.shift();
      first.onSent?.();
    }
  }
}

export function field(tag: number, value: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = tag;
  head.writeUInt32BE(value.length, 1);
  return Buffer.concat([head, value]);
}

export function integers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
}

/** ERRNO and WHERE. */
export function reason(errno: number, where: string): Buffer {
  return Buffer.concat([field(18, integers(errno)), field(19, Buffer.from(where))]);
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function fieldsOf(payload: Buffer): FakeFields {
  const values = new Map<number, Buffer[]>();
  for (let at = 0; at < payload.length; ) {
    const [tag, length] = [payload.readUInt8(at), payload.readUInt32BE(at + 1)];
    values.set(tag, [...(values.get(tag) ?? []), Buffer.from(payload.subarray(at + 5, at + 5 + length))]);
    at += 5 + length;
  }
  return values;
}

function texts(fields: FakeFields, tag: number): readonly string[] {
  return (fields.get(tag) ?? []).map((bytes) => bytes.toString());
}

function flagsOf(fields: FakeFields): number {
  return fields.get(8)?.[0]?.readUInt32BE(0) ?? 0;
}

function offsetOf(fields: FakeFields): number {
  return Number(fields.get(13)?.[0]?.readBigUInt64BE(0) ?? 0);
}
