// Running a program in the guest to its end over a road, with its output kept: what exec is for programs and scripts.
// Everything that the program writes is read; what is over the limit is dropped here, so memory stays bounded.
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Fault } from '../base/index.ts';
import {
  AGENT_CAPTURE_BYTES,
  type GuestProcess,
  killedFault,
  type ProcessEnd,
  type Road,
  unkilledFault,
} from '../guest/index.ts';
import type { ExecRequest, ExecResult } from './compute.ts';

interface Kept {
  readonly bytes: Buffer[];
  length: number;
  isCut: boolean;
}

/** Throws what Road.spawn throws, and ExecFault `EXEC_TIMEOUT` or `CANCELLED` with what was written until then. */
export async function execOverRoad(
  road: Road,
  request: ExecRequest,
  signal: AbortSignal | undefined,
): Promise<ExecResult> {
  const { argv, env, cwd, user, stdin, timeoutMs, maxOutputBytes } = request;
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => stop.abort(overdue(argv, timeoutMs)), timeoutMs);
  try {
    await using process = await road.spawn({
      argv,
      env,
      cwd,
      user,
      stdin: stdin !== undefined,
      signal: stop.signal,
    });
    process.stdin.on('error', () => {}); // a program that ends without reading its input is no failure
    if (stdin !== undefined) process.stdin.end(stdin);
    return await collected(process, { program: argv[0] ?? '', limit: maxOutputBytes, signal: stop.signal });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

interface Collecting {
  readonly program: string;
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
}

async function collected(process: GuestProcess, { program, limit, signal }: Collecting): Promise<ExecResult> {
  const most = limit ?? AGENT_CAPTURE_BYTES;
  const stdout = keep(process.stdout, most);
  const stderr = keep(process.stderr, most);
  const work = Promise.all([process.ended, finished(process.stdout), finished(process.stderr)]);
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const [end] = await Promise.race([work, stopped]);
    return resultOf(process, end, { stdout, stderr });
  } catch (error) {
    work.catch(() => {}); // the reason that is told is the first one
    if (!signal.aborted) throw error;
    throw await killed(process, program, {
      reason: error,
      result: () => resultOf(process, KILLED, { stdout, stderr }),
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const KILLED: ProcessEnd = { exitCode: null, signal: 'SIGKILL' };

async function killed(
  process: GuestProcess,
  command: string,
  { reason, result: partial }: { readonly reason: unknown; readonly result: () => ExecResult },
): Promise<Fault> {
  const what = { command, pid: process.pid, reason };
  try {
    await process.kill();
  } catch (error) {
    return unkilledFault(what, error);
  }
  return killedFault(what, partial());
}

function keep(stream: Readable, limit: number): Kept {
  const kept: Kept = { bytes: [], length: 0, isCut: false };
  stream.on('data', (chunk: Buffer) => {
    const part = chunk.subarray(0, limit - kept.length);
    if (part.length < chunk.length) kept.isCut = true;
    if (part.length === 0) return;
    kept.bytes.push(part);
    kept.length += part.length;
  });
  return kept;
}

function resultOf(
  { via }: GuestProcess,
  { exitCode, signal }: ProcessEnd,
  { stdout, stderr }: { readonly stdout: Kept; readonly stderr: Kept },
): ExecResult {
  return {
    exitCode,
    signal,
    stdout: Buffer.concat(stdout.bytes),
    stderr: Buffer.concat(stderr.bytes),
    stdoutTruncated: stdout.isCut,
    stderrTruncated: stderr.isCut,
    via,
  };
}

function overdue(argv: readonly string[], timeoutMs: number): Fault {
  return new Fault('timeout', 'EXEC_TIMEOUT', `${argv[0] ?? ''} ran for more than ${timeoutMs / 1000} s`);
}
