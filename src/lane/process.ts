// A program in the guest, as a channel.
import type { Readable, Writable } from 'node:stream';
import { integers, type LaneChannel } from './channel.ts';
import { FieldWriter, TAG } from './fields.ts';
import { STDERR, STDIN, STDOUT, TYPE } from './frame.ts';
import { Inlet } from './inlet.ts';
import { Outlet } from './outlet.ts';

export interface LaneSpawn {
  /** Arguments, or the name of a server that the server has built in. */
  readonly run: { readonly argv: readonly string[] } | { readonly builtin: 'sftp' | 'sftp-ro' };
  /** `NAME=value`, all of them. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: LaneUser;
  readonly terminal?: { readonly rows: number; readonly columns: number } | undefined;
  /** Without it the program reads /dev/null. */
  readonly stdin: boolean;
}

/** Whom something is done as, in the guest's numbers. */
export interface LaneUser {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export interface LaneEnd {
  readonly exitCode: number | null;
  /** Linux's number. */
  readonly signal: number | null;
}

const SIGKILL = 9;
const STDIN_OPEN = 1;
const TREE = 1;
const GROUP = 0;

export class LaneProcess implements AsyncDisposable {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Rejects when the session breaks. */
  readonly ended: Promise<LaneEnd>;
  readonly #channel: LaneChannel;

  /** Throws `LaneRefusal` and what `LaneChannel.open` throws. */
  static async start(
    channel: LaneChannel,
    order: LaneSpawn,
    signal: AbortSignal | undefined,
  ): Promise<LaneProcess> {
    const streams = streamsOf(channel, order);
    const request = { type: TYPE.SPAWN, fields: spawnFields(order), what: 'the start of a program' };
    const pid = await channel.open(request, (fields) => fields.integer(TAG.PID), signal);
    return new LaneProcess(channel, pid, streams);
  }

  private constructor(channel: LaneChannel, pid: number, streams: Streams) {
    this.#channel = channel;
    this.pid = pid;
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    this.ended = streams.ended;
  }

  /** To the process group (with a terminal the one in its foreground), or to all that the program started. */
  signal(number: number, to: 'group' | 'tree'): void {
    this.#channel.send(
      TYPE.SIGNAL,
      0,
      Buffer.concat([integers(number), Buffer.from([to === 'tree' ? TREE : GROUP])]),
    );
  }

  resize(rows: number, columns: number): void {
    this.#channel.send(TYPE.RESIZE, 0, size(rows, columns));
  }

  /** Kills the tree and ends the streams; resolves when the server has said so. */
  async close(): Promise<void> {
    this.stdout.destroy();
    this.stderr.destroy();
    this.stdin.destroy();
    await this.#channel.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

interface Streams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly ended: Promise<LaneEnd>;
}

/** Sets up the streams, before the first frame can come. */
function streamsOf(channel: LaneChannel, order: LaneSpawn): Streams {
  const end = Promise.withResolvers<LaneEnd>();
  end.promise.catch(() => {}); // whoever waits for it hears of it
  const out = channel.intake(STDOUT);
  const err = channel.intake(STDERR);
  const [stdout, stderr] = [new Inlet(out), new Inlet(err)];
  const hasTerminal = order.terminal !== undefined;
  let hasExited = false;
  const stdin = new Outlet(channel.sender(), {
    // As a closed pipe: the program reads the end. A terminal has none.
    onAbandoned: () => {
      if (!hasExited && !hasTerminal) channel.send(TYPE.EOF, STDIN);
    },
  });
  if (hasTerminal) err.finish();
  else if (!order.stdin) stdin.destroy();
  const settle = () => {
    if (hasExited && out.isComplete && err.isComplete) channel.finish();
  };
  channel.listen({
    onExit: (exitCode, signal) => {
      hasExited = true;
      end.resolve(signal === 0 ? { exitCode, signal: null } : { exitCode: null, signal });
      stdin.destroy();
      settle();
    },
    onEof: (stream) => {
      if (stream === STDIN) stdin.destroy(); // the program reads no more
      settle();
    },
    onOver: (fault) => {
      hasExited = true;
      stdin.destroy(fault);
      if (!out.isComplete) stdout.destroy(fault);
      if (!err.isComplete) stderr.destroy(fault);
      // Closed by us before EXIT came: the server has killed it.
      if (fault === undefined) end.resolve({ exitCode: null, signal: SIGKILL });
      else end.reject(fault);
    },
  });
  return { stdin, stdout, stderr, ended: end.promise };
}

function spawnFields(order: LaneSpawn): FieldWriter {
  const fields = new FieldWriter();
  const { run, terminal } = order;
  if ('argv' in run) for (const argument of run.argv) fields.text(TAG.ARG, argument);
  else fields.text(TAG.BUILTIN, run.builtin);
  for (const variable of order.env) fields.text(TAG.ENV, variable);
  fields.text(TAG.CWD, order.cwd);
  userFields(fields, order.user);
  if (terminal !== undefined) fields.bytes(TAG.TERMINAL, size(terminal.rows, terminal.columns));
  return fields.integer(TAG.FLAGS, order.stdin || terminal !== undefined ? STDIN_OPEN : 0);
}

/** Adds whom it is done as. */
export function userFields(fields: FieldWriter, user: LaneUser): FieldWriter {
  fields.integer(TAG.UID, user.uid).integer(TAG.GID, user.gid);
  for (const group of user.groups) fields.integer(TAG.GROUP, group);
  return fields;
}

function size(rows: number, columns: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt16BE(rows, 0);
  bytes.writeUInt16BE(columns, 2);
  return bytes;
}
