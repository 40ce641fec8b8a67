// How a command in the guest ended: guest-exec-status, decoded.
import { constants } from 'node:os';
import type { Reply } from './decode.ts';

/** What the agent keeps of one stream; beyond that it throws output away. */
export const AGENT_CAPTURE_BYTES = 16 * 1024 * 1024;

export interface ExecResult {
  /** The exit code, or null when a signal ended the command. */
  readonly exitCode: number | null;
  /** `SIGKILL` …, or null when the command ended by itself. */
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** More was written than is here. */
  readonly stdoutTruncated: boolean;
  readonly stderrTruncated: boolean;
}

const SIGNALS: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);

/** The result, or undefined while the command runs. */
export function decodeStatus(reply: Reply): ExecResult | undefined {
  if (!reply.member('exited').boolean()) return undefined;
  // Windows' codes reach up to 2^32.
  const exitCode = reply.member('exitcode').optional((value) => value.integer(-(2 ** 31), 2 ** 32 - 1));
  const signal = reply.member('signal').optional((value) => value.integer(0, 255));
  if (exitCode === undefined && signal === undefined) reply.fail('has neither exitcode nor signal');
  const stdout = stream(reply, 'out');
  const stderr = stream(reply, 'err');
  return {
    exitCode: signal === undefined ? (exitCode ?? null) : null,
    signal: signal === undefined ? null : (SIGNALS.get(signal) ?? `SIG${signal}`),
    stdout: stdout.bytes,
    stderr: stderr.bytes,
    stdoutTruncated: stdout.isTruncated,
    stderrTruncated: stderr.isTruncated,
  };
}

/** The result with at most `limit` bytes of each stream. */
export function cutTo(limit: number, result: ExecResult): ExecResult {
  const { stdout, stderr } = result;
  return {
    ...result,
    stdout: stdout.subarray(0, limit),
    stderr: stderr.subarray(0, limit),
    stdoutTruncated: result.stdoutTruncated || stdout.length > limit,
    stderrTruncated: result.stderrTruncated || stderr.length > limit,
  };
}

function stream(reply: Reply, name: 'out' | 'err') {
  const data = reply.member(`${name}-data`).optional((value) => value.base64(AGENT_CAPTURE_BYTES));
  const bytes = data ?? Buffer.alloc(0);
  // Agents up to 7.2.19 give the key only when truncated, with the value false; the length is true on all of them.
  const isMarked = reply.member(`${name}-truncated`).optional((value) => value.boolean()) ?? false;
  return { bytes, isTruncated: isMarked || bytes.length >= AGENT_CAPTURE_BYTES };
}
