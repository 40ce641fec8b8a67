// How a session begins: hello and welcome as bytes (docs/lane-protocol.md, "Sessions"), and what the server tells of
// itself.
import { randomBytes } from 'node:crypto';
import {
  aBoolean,
  anIntegerFrom,
  anObject,
  aStringLike,
  type Fault,
  Place,
  type Shape,
} from '../base/index.ts';

export const HELLO_BYTES = 32;
/** Of a welcome without its facts. */
export const WELCOME_BYTES = 32;
export const NONCE_BYTES = 16;
export const MAX_FACTS = 4096;
export const VERSION = 1;
/** In a hello: the server shall end. */
export const DISMISSAL = 0;

const HELLO = Buffer.from('934e564c48454c4f', 'hex');
const WELCOME = Buffer.from('934e564c57454c43', 'hex');
/** The first four bytes of a welcome; no session has this number, so that a welcome between frames is known as one. */
const MARK = WELCOME.readUInt32BE(0);

/** What the server says of itself; it has decided itself what to say. */
export interface LaneFacts {
  /** Which build of the server it is. */
  readonly server: string;
  /** The guest kernel's random id of this boot. */
  readonly bootId: string;
  /** As uname(2) names it: `x86_64`. */
  readonly machine: string;
  /** Of the server, in the guest. */
  readonly pid: number;
  readonly uid: number;
  /** Whether program trees get a cgroup of their own. */
  readonly cgroup: boolean;
}

/** With the number that all frames of the session bear; it is for the session alone. */
export interface ServerFacts extends LaneFacts {
  readonly session: number;
}

const aWord = aStringLike(/^[\x21-\x7e]{1,128}$/, 'is not a word of at most 128 characters');
const someFacts: Shape<ServerFacts> = anObject<ServerFacts>({
  session: (value, at) => {
    const session = anIntegerFrom(1, 2 ** 32 - 1)(value, at);
    return session === MARK ? at.refuse('is how a welcome begins') : session;
  },
  server: aWord,
  bootId: aWord,
  machine: aWord,
  pid: anIntegerFrom(1, 2 ** 31),
  uid: anIntegerFrom(0, 2 ** 32),
  cgroup: aBoolean,
});

export function newNonce(): Buffer {
  return randomBytes(NONCE_BYTES);
}

export function encodeHello(nonce: Buffer, version: number = VERSION): Buffer {
  const hello = Buffer.alloc(HELLO_BYTES);
  HELLO.copy(hello);
  hello.writeUInt16BE(version, 8);
  nonce.copy(hello, HELLO_BYTES - NONCE_BYTES);
  return hello;
}

/** Whether no frame, but a welcome begins here. */
export function isWelcomeStart(bytes: Buffer, at: number): boolean {
  return bytes.readUInt32BE(at) === MARK;
}

export interface Welcome {
  readonly version: number;
  readonly facts: Buffer;
  /** What came behind it: the session's first bytes. */
  readonly rest: Buffer;
}

/** Seeks the welcome with one nonce in a stream that may begin with anything. Holds at most one welcome's length. */
export class WelcomeSeeker {
  readonly #nonce: Buffer;
  #held = Buffer.alloc(0);

  constructor(nonce: Buffer) {
    this.#nonce = nonce;
  }

  /** Takes the next bytes; gives the welcome once it is whole. */
  push(chunk: Buffer): Welcome | undefined {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let from = 0;
    for (;;) {
      const at = bytes.indexOf(WELCOME, from);
      if (at < 0) return this.#keep(bytes, Math.max(from, bytes.length - WELCOME.length + 1));
      if (bytes.length - at < WELCOME_BYTES) return this.#keep(bytes, at);
      const length = bytes.readUInt32BE(at + 12);
      const end = at + WELCOME_BYTES + length;
      const nonce = bytes.subarray(at + WELCOME_BYTES - NONCE_BYTES, at + WELCOME_BYTES);
      if (nonce.equals(this.#nonce) && length <= MAX_FACTS) {
        if (bytes.length < end) return this.#keep(bytes, at);
        const facts = bytes.subarray(at + WELCOME_BYTES, end);
        return { version: bytes.readUInt16BE(at + 8), facts, rest: bytes.subarray(end) };
      }
      from = at + 1;
    }
  }

  #keep(bytes: Buffer, from: number): undefined {
    this.#held = Buffer.from(bytes.subarray(from)); // a copy: the chunk is let go
  }
}

/** Decodes the facts; `refuse` makes the fault for what is wrong with them. */
export function decodeFacts(bytes: Buffer, refuse: (problem: string) => Fault): ServerFacts {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse('the facts are not JSON'); // the parser's message would quote the guest
  }
  return someFacts(value, new Place('facts', (path, problem) => refuse(`${path} ${problem}`)));
}
