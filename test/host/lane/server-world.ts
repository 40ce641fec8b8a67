// The server compiled with sanitizers, spoken to over its standard streams. A complaint of a sanitizer fails the test.
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { runCommand } from '../support/run-command.ts';
import {
  decode,
  encode,
  type Field,
  FRAME,
  type Frame,
  fields,
  hello,
  integer,
  seekWelcome,
  TAG,
} from './server-wire.ts';

const LANE = join(import.meta.dirname, '..', '..', '..', 'native', 'lane');
export const SERVER = join(LANE, 'build', 'sanitized', 'novalet-lane');
const SANITIZED = { ASAN_OPTIONS: 'detect_leaks=1:exitcode=99', UBSAN_OPTIONS: 'print_stacktrace=1' };
const PATIENCE_MS = 20_000;

export async function buildServer(): Promise<void> {
  // Test files run side by side, and each begins with this.
  const built = await runCommand('flock', [
    join(LANE, 'Makefile'),
    'make',
    '-C',
    LANE,
    'SANITIZE=address,undefined',
  ]);
  assert.equal(built.status, 0, built.stderr);
}

export const digestOf = (bytes: Buffer): string => createHash('blake2b512').update(bytes).digest('hex');

/** Waits until a process has ended. */
export async function gone(pid: number): Promise<void> {
  for (;;) {
    const state = stateOf(pid);
    if (state === undefined || state === 'Z') return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** As /proc says it: `S`, `Z`; undefined when there is no such process. */
export function stateOf(pid: number): string | undefined {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

export interface Ended {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly code: number;
  readonly signal: number;
  readonly frames: readonly Frame[];
}

export class Lane implements AsyncDisposable {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  session = 0;
  facts: unknown;
  /** Gives back the credit of what comes at once. */
  takesAll = true;
  readonly #frames: Frame[] = [];
  #held = Buffer.alloc(0);
  #nonce: Buffer = Buffer.alloc(16);
  #wake: (() => void)[] = [];
  #complaints = '';
  #fault: Error | undefined;

  private constructor() {
    this.child = spawn(SERVER, ['stdio'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...SANITIZED },
    });
    this.child.stdout.on('data', (bytes: Buffer) => this.#feed(bytes));
    this.child.stderr.on('data', (bytes: Buffer) => {
      this.#complaints += bytes.toString();
    });
    this.child.stdin.on('error', () => {}); // its exit status tells more
    this.child.once('exit', () => this.#wakeAll());
  }

  static async start(): Promise<Lane> {
    const lane = new Lane();
    await lane.greet();
    return lane;
  }

  /** A server that has not been greeted. */
  static bare(): Lane {
    return new Lane();
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #feed(bytes: Buffer): void {
    this.#held = Buffer.concat([this.#held, bytes]);
    const welcome = seekWelcome(this.#held, this.#nonce);
    if (welcome !== undefined) {
      this.facts = welcome.facts;
      const facts = new Map(Object.entries(Object(welcome.facts)));
      this.session = Number(facts.get('session'));
      this.#held = Buffer.from(welcome.rest);
    }
    if (this.session !== 0) this.#takeFrames();
    this.#wakeAll();
  }

  #takeFrames(): void {
    let at = 0;
    try {
      for (;;) {
        const got = decode(this.#held.subarray(at), this.session);
        if (got === undefined) break;
        at += got.size;
        this.#frames.push(got.frame);
        if (got.frame.type === FRAME.data && this.takesAll) {
          this.send(got.frame.channel, FRAME.window, integer(got.frame.payload.length), got.frame.stream);
        }
      }
    } catch (error) {
      this.#fault = error instanceof Error ? error : new Error(String(error));
    }
    this.#held = Buffer.from(this.#held.subarray(at));
  }

  /** Waits until `look` finds something. */
  async find<T>(what: string, look: () => T | undefined): Promise<T> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wakeAll();
    }, PATIENCE_MS);
    try {
      for (;;) {
        const found = look();
        if (found !== undefined) return found;
        if (this.#fault !== undefined) throw this.#fault;
        const gone = this.child.exitCode !== null || this.child.signalCode !== null;
        assert.ok(!late && !gone, `${what} did not come; ${this.#complaints}`);
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  write(bytes: Buffer): void {
    this.child.stdin.write(bytes);
  }

  expectWelcome(nonce: Buffer): void {
    this.#nonce = nonce;
    this.session = 0;
    this.#frames.length = 0;
  }

  async welcome(): Promise<void> {
    await this.find('a welcome', () => (this.session === 0 ? undefined : true));
  }

  async greet(): Promise<void> {
    this.expectWelcome(randomBytes(16));
    this.write(hello(this.#nonce));
    await this.welcome();
  }

  get nonce(): Buffer {
    return this.#nonce;
  }

  send(channel: number, type: number, payload: Buffer = Buffer.alloc(0), stream = 0): void {
    this.write(encode(this.session, { channel, type, stream, payload }));
  }

  /** The next frame of a channel. */
  async next(channel: number): Promise<Frame> {
    return await this.find(`a frame of channel ${channel}`, () => {
      const index = this.#frames.findIndex((frame) => frame.channel === channel);
      return index < 0 ? undefined : this.#frames.splice(index, 1)[0];
    });
  }

  async expect(channel: number, type: number): Promise<Frame> {
    const frame = await this.next(channel);
    assert.equal(frame.type, type, `type ${frame.type} with ${frame.payload.toString('latin1')}`);
    return frame;
  }

  /** All frames of a channel up to the first of a type. */
  async until(channel: number, type: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (;;) {
      const frame = await this.next(channel);
      frames.push(frame);
      if (frame.type === type) return frames;
    }
  }

  /** What came on a stream, until it holds `text`. */
  async read(channel: number, text: string): Promise<string> {
    let all = '';
    while (!all.includes(text)) all += (await this.expect(channel, FRAME.data)).payload.toString();
    return all;
  }

  /** How many frames wait for somebody to ask for them. */
  get waiting(): number {
    return this.#frames.length;
  }

  async spawn(channel: number, argv: readonly string[], more: readonly Field[] = []): Promise<number> {
    const list: Field[] = argv.map((word) => [TAG.arg, word]);
    this.send(channel, FRAME.spawn, fields([...list, [TAG.env, 'PATH=/usr/bin:/bin'], ...more]));
    const opened = await this.expect(channel, FRAME.opened);
    return opened.payload.readUInt32BE(5);
  }

  async ended(channel: number, terminal = false): Promise<Ended> {
    const frames: Frame[] = [];
    const left = new Set(terminal ? ['eof1', 'exit'] : ['eof1', 'eof2', 'exit']);
    let exit: Buffer = Buffer.alloc(8);
    while (left.size > 0) {
      const frame = await this.next(channel);
      frames.push(frame);
      if (frame.type === FRAME.eof) left.delete(`eof${frame.stream}`);
      if (frame.type !== FRAME.exit) continue;
      exit = frame.payload;
      left.delete('exit');
    }
    const all = (stream: number) =>
      Buffer.concat(
        frames.filter((one) => one.type === FRAME.data && one.stream === stream).map((one) => one.payload),
      );
    return {
      stdout: all(1),
      stderr: all(2),
      code: exit.readUInt32BE(0),
      signal: exit.readUInt32BE(4),
      frames,
    };
  }

  async run(channel: number, argv: readonly string[], more: readonly Field[] = []): Promise<Ended> {
    await this.spawn(channel, argv, more);
    return await this.ended(channel);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited =
      this.child.exitCode === null && this.child.signalCode === null ? once(this.child, 'exit') : undefined;
    this.child.stdin.end();
    await exited;
    assert.equal(this.#complaints, '');
    assert.deepEqual([this.child.exitCode, this.child.signalCode], [0, null]);
  }
}
