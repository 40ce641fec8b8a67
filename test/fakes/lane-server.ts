// A lane's server that speaks real bytes on a real unix socket (docs/lane-protocol.md), with programs and files that a
// test makes up, and that lies when told to. Shares no code with src/lane.
import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeLane } from './lane-session.ts';

/** A program that was asked for; a handler plays it. */
export interface FakeProgram {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly uid: number;
  readonly groups: readonly number[];
  readonly builtin: string;
  readonly hasTerminal: boolean;
  /** Says that it runs; a handler calls this or `refuse` first. */
  opened(pid?: number): void;
  refuse(errno: number, where: string): void;
  /** Sends as credit allows, in order; `then` is called when all of it is on the wire. */
  write(stream: 1 | 2, bytes: Buffer, then?: () => void): void;
  /** After everything written before. */
  eof(stream: 0 | 1 | 2): void;
  exit(code: number, signal?: number): void;
  /** What comes on stdin; credit is given back when the function has returned. */
  onData: (bytes: Buffer) => void;
  onEof: () => void;
  onSignal: (number: number, isTree: boolean) => void;
  onResize: (rows: number, columns: number) => void;
}

export type FakeProgramHandler = (program: FakeProgram) => void;

export interface FakeFile {
  bytes: Buffer;
  mode: number;
}

/** Emits `quit`. */
export class FakeLaneServer extends EventEmitter implements AsyncDisposable {
  readonly path: string;
  /** By the first argument, or the name of a built-in server. */
  readonly programs = new Map<string, FakeProgramHandler>(USUAL);
  readonly files = new Map<string, FakeFile>();
  /** Every program that was asked for. */
  readonly spawned: FakeProgram[] = [];
  /** The sessions so far, newest last. */
  readonly lanes: FakeLane[] = [];
  /** Bytes that a new client gets before anything else. */
  stale: Buffer = Buffer.alloc(0);
  /** Put before the usual facts. */
  facts: Readonly<Record<string, unknown>> = {};
  version = 1;
  /** How many hellos go unanswered. */
  deafFor = 0;
  hellos = 0;
  /** Whether what is read is given credit for. */
  givesCredit = true;
  carry: (socket: Socket, bytes: Buffer) => void = (socket, bytes) => void socket.write(bytes);
  readonly #server: Server;
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();

  static async listen(): Promise<FakeLaneServer> {
    const folder = await mkdtemp(join(tmpdir(), 'novalet-fake-lane-'));
    const server = createServer();
    const lane = new FakeLaneServer(server, folder);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(lane.path, resolve);
    await promise;
    return lane;
  }

  private constructor(server: Server, folder: string) {
    super();
    this.#server = server;
    this.#folder = folder;
    this.path = join(folder, 'lane.sock');
    server.on('connection', (socket) => this.#serve(socket));
  }

  /** The newest session; throws when there is none. */
  get lane(): FakeLane {
    const lane = this.lanes.at(-1);
    if (lane === undefined) throw new Error('no session was opened');
    return lane;
  }

  /** Cuts every connection. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
    await rm(this.#folder, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    if (this.stale.length > 0) this.carry(socket, this.stale);
    const send = (bytes: Buffer) => {
      if (!socket.destroyed) this.carry(socket, bytes);
    };
    const lane = new FakeLane(this, send, () => void socket.destroy());
    socket.on('data', (chunk: Buffer) => lane.push(chunk));
  }
}

const USUAL: readonly [string, FakeProgramHandler][] = [
  ['true', (program) => end(program, 0)],
  ['false', (program) => end(program, 1)],
  ['cat', cat],
  ['zeros', zeros],
  ['sleep', sleep],
  ['sftp', cat],
  ['sftp-ro', cat],
];

function end(program: FakeProgram, code: number): void {
  program.opened();
  program.exit(code);
  program.eof(1);
  program.eof(2);
}

/** Gives back what it reads. */
function cat(program: FakeProgram): void {
  program.opened();
  program.onData = (bytes) => program.write(1, bytes);
  program.onEof = () => {
    program.eof(1);
    program.eof(2);
    program.exit(0);
  };
  program.onSignal = (number) => killed(program, number);
}

/** `zeros N` writes so many bytes, and a word on stderr. */
function zeros(program: FakeProgram): void {
  program.opened();
  const piece = Buffer.alloc(256 * 1024);
  let left = Number(program.argv[1]);
  const more = () => {
    if (left === 0) {
      program.write(2, Buffer.from('done\n'));
      program.eof(1);
      program.eof(2);
      program.exit(0);
      return;
    }
    const length = Math.min(left, piece.length);
    left -= length;
    program.write(1, piece.subarray(0, length), more);
  };
  more();
}

/** Until a signal comes. */
function sleep(program: FakeProgram): void {
  program.opened();
  program.onSignal = (number) => killed(program, number);
}

function killed(program: FakeProgram, signal: number): void {
  program.exit(0, signal);
  program.eof(1);
  if (!program.hasTerminal) program.eof(2);
}
