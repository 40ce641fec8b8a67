// Runs the constant scripts over a road: arguments as the scripts decode them, answers bounded, ends as faults.
import { Fault } from '../../base/index.ts';
import type { GuestProcess, Road } from '../road.ts';
import { decodeName, encodeName, isText } from './guest-path.ts';
import { answerInvalid, type ScriptFailure, STATUS, statusFault, tooMuch } from './script-faults.ts';
import { WHY } from './scripts.ts';

export interface ScriptCall {
  readonly script: string;
  readonly arguments: readonly string[];
  /** The act and the path for a fault's sentence. */
  readonly act: string;
  readonly path: string;
  readonly user?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What goes to its standard input. */
  readonly input?: Uint8Array | undefined;
  /** The most that it may answer; default 64 KiB. */
  readonly maxBytes?: number | undefined;
}

export interface ScriptEnd {
  readonly exitCode: number | null;
  readonly status: string;
  readonly complaint: string;
  /** What followed the last NUL on stderr. */
  readonly trailer: string;
}

const DEFAULT_ANSWER = 64 * 1024;
const COMPLAINT = 2048;

export class ScriptRunner {
  readonly road: Road;

  constructor(road: Road) {
    this.road = road;
  }

  /** The answer of a script that ended with 0; any other end is a fault. */
  async run(call: ScriptCall): Promise<Buffer> {
    await using process = await this.start(call, call.input !== undefined);
    const trouble = watchFor(process, call.signal);
    try {
      const end = this.end(process);
      if (call.input !== undefined) {
        process.stdin.on('error', () => undefined); // a script that wants no more says why by its status
        process.stdin.end(call.input);
      }
      const [answer, { exitCode, status, complaint }] = await Promise.race([
        Promise.all([collected(process, call), end]),
        trouble.promise,
      ]);
      if (exitCode !== 0) throw statusFault(exitCode, { ...call, status, complaint });
      return answer;
    } finally {
      trouble.stop();
    }
  }

  /** The same, answered as strings that end with NUL each. */
  async words(call: ScriptCall): Promise<string[]> {
    return splitNames(await this.run(call), call.path);
  }

  /** Starts a script whose streams the caller takes; `end` must be called at once. */
  async start(call: ScriptCall, stdin = false): Promise<GuestProcess> {
    const argv = ['/bin/sh', '-c', call.script, 'novalet-files', ...call.arguments.map(argument)];
    const { user, signal } = call;
    return await this.road.spawn({ argv, user, signal, stdin });
  }

  /** How a started script ended, when its stderr has too. */
  async end(process: GuestProcess): Promise<ScriptEnd> {
    const [{ exitCode, signal }, complaint] = await Promise.all([process.ended, lastOf(process)]);
    const at = complaint.lastIndexOf(0);
    return {
      exitCode,
      status: exitCode === null ? `ended by ${signal}` : `status ${exitCode}`,
      complaint: decodeName(complaint.subarray(0, Math.max(0, at < 0 ? complaint.length : at)))
        .trim()
        .slice(-200),
      trailer: at < 0 ? '' : complaint.toString('latin1', at + 1),
    };
  }

  /** The fault of something that could not be written into a directory: no room, or not permitted, or else. */
  async whyNot(directory: string, failure: Omit<ScriptCall, 'script' | 'arguments'>): Promise<Fault> {
    try {
      await this.run({ ...failure, script: WHY, arguments: [directory] });
    } catch (error) {
      if (error instanceof Fault) return error;
      throw error;
    }
    return statusFault(STATUS.refused, { ...failure, status: 'no reason found', complaint: '' });
  }
}

/** The parts of an answer; it must end with a NUL. */
export function splitNames(answer: Buffer, path: string): string[] {
  if (answer.length === 0) return [];
  if (answer.at(-1) !== 0) throw answerInvalid(path, 'breaks off');
  const names: string[] = [];
  for (let at = 0; at < answer.length; ) {
    const end = answer.indexOf(0, at);
    names.push(decodeName(answer.subarray(at, end)));
    at = end + 1;
  }
  return names;
}

/** As PRELUDE decodes it. */
function argument(word: string): string {
  if (isText(word)) return `=${word}`;
  let text = '%';
  for (const byte of encodeName(word)) text += `\\0${byte.toString(8).padStart(3, '0')}`;
  return text;
}

async function collected(process: GuestProcess, call: ScriptCall): Promise<Buffer> {
  const { maxBytes = DEFAULT_ANSWER, path } = call;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of process.stdout) {
    const bytes = asBytes(piece);
    length += bytes.length;
    if (length > maxBytes) throw tooMuch(path);
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}

/** Reads all of stderr and keeps its end. */
async function lastOf(process: GuestProcess): Promise<Buffer> {
  let kept: Buffer = Buffer.alloc(0);
  for await (const piece of process.stderr) {
    kept = Buffer.concat([kept, asBytes(piece)]);
    if (kept.length > COMPLAINT) kept = Buffer.from(kept.subarray(-COMPLAINT));
  }
  return kept;
}

/** A chunk of a byte stream. */
export function asBytes(piece: unknown): Buffer {
  if (Buffer.isBuffer(piece)) return piece;
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  if (typeof piece === 'string') return Buffer.from(piece);
  throw new Fault('internal', 'INTERNAL', 'A stream of bytes gave something else');
}

/** A promise that rejects when the signal fires. */
export function watchFor(process: GuestProcess, signal: AbortSignal | undefined) {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined); // who races with it tells; without a race there is nothing to tell
  // Whoever reads or writes is told by the stream; one that nobody uses must not bring the process down.
  for (const stream of [process.stdin, process.stdout]) stream.on('error', () => undefined);
  const onAbort = () => {
    const fault = cancelled(signal);
    reject(fault);
    process.stdout.destroy(fault);
    process.stdin.destroy(fault);
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return { promise, stop: () => signal?.removeEventListener('abort', onAbort) };
}

export function cancelled(signal: AbortSignal | undefined): Fault {
  const reason: unknown = signal?.reason;
  if (reason instanceof Fault) return reason;
  return new Fault('cancelled', 'CANCELLED', 'Cancelled while files were handled in the guest', {
    cause: reason,
  });
}

export type { ScriptFailure };
