// Running a command in the guest to its end: start, poll, collect; or kill its whole tree.
// Knows guest-exec; knows nothing of streams and terminals, which the agent cannot do.
import { delay, Fault, isFault } from '../base/index.ts';
import { QapiFault } from '../qapi/index.ts';
import type { AgentCaller } from './caller.ts';
import {
  ExecFault,
  noShell,
  notExecutable,
  notFound,
  resultLost,
  scriptFault,
  spawnFailed,
} from './exec-faults.ts';
import {
  checkExec,
  type ExecOptions,
  needsScript,
  plainSpawn,
  type Spawn,
  scriptSpawn,
} from './exec-request.ts';
import { AGENT_CAPTURE_BYTES, cutTo, decodeStatus, type ExecResult } from './exec-result.ts';
import { KILL_SCRIPT, PROBE_SCRIPT } from './exec-scripts.ts';
import type { Reaper } from './reaper.ts';

const FIRST_DELAY_MS = 3;
const LONGEST_FIRST_DELAY_MS = 25;
const LONGEST_DELAY_MS = 250;
const FROZEN_DELAY_MS = 1000;
const GROWTH = 1.3;
/** The part of the start's round trip that a short command runs on after it: both are a fork's worth of guest time. */
const START_SHARE = 0.3;
/** How long killing may take, and how long the killed command may take to be gone. */
const KILL_TIMEOUT_MS = 10_000;
/** Two streams at the agent's limit in base64, and the words around them. */
const STATUS_OPTIONS = { maxReplyBytes: Math.ceil((2 * AGENT_CAPTURE_BYTES * 4) / 3) + 65_536 };

/** What exec remembers of a guest between calls. */
export interface ExecMemory {
  readonly reaper: Reaper;
  /** False once the guest turned out to have no setsid. */
  hasSetsid: boolean;
}

interface Running {
  readonly pid: number;
  readonly command: string;
  readonly firstDelayMs: number;
}

/** Agent.exec. */
export async function exec(
  agent: AgentCaller,
  memory: ExecMemory,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  checkExec(argv, options);
  const command = argv[0] ?? '';
  const stop = stopSignal(command, options);
  try {
    const { running, spawn } = await start(agent, memory, argv, options);
    const result = await watched(agent, memory, running, stop.signal);
    if (spawn.nonce !== undefined) failOnScript(agent, result, spawn.nonce, { command, options });
    const { captureLimit } = options;
    return captureLimit === undefined ? result : cutTo(captureLimit, result);
  } finally {
    stop.clear();
  }
}

/** Fires for the caller's signal and for the deadline, with a Fault as the reason. */
function stopSignal(command: string, options: ExecOptions) {
  const { timeoutMs, signal } = options;
  if (timeoutMs === undefined) return { signal, clear: () => {} };
  const deadline = new AbortController();
  const fault = new Fault('timeout', 'EXEC_TIMEOUT', `${command} ran for more than ${timeoutMs / 1000} s`);
  const timer = setTimeout(() => deadline.abort(fault), timeoutMs);
  const both = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]);
  return { signal: both, clear: () => clearTimeout(timer) };
}

async function start(agent: AgentCaller, memory: ExecMemory, argv: readonly string[], options: ExecOptions) {
  const { signal } = options;
  const command = argv[0] ?? '';
  const began = performance.now();
  const { pid, spawn } = needsScript(options)
    ? await startScript(agent, memory, argv, options)
    : await startPlain(agent, argv, options, signal);
  const share = (performance.now() - began) * START_SHARE;
  const firstDelayMs = Math.min(LONGEST_FIRST_DELAY_MS, Math.max(FIRST_DELAY_MS, share));
  return { spawn, running: { pid, command, firstDelayMs } };
}

async function startPlain(
  agent: AgentCaller,
  argv: readonly string[],
  options: ExecOptions,
  signal: AbortSignal | undefined,
) {
  const spawn = plainSpawn(argv, options.stdin);
  try {
    return { spawn, pid: await send(agent, spawn, signal) };
  } catch (error) {
    if (!(error instanceof QapiFault)) throw error;
    throw await explained(agent, argv[0] ?? '', error);
  }
}

async function startScript(
  agent: AgentCaller,
  memory: ExecMemory,
  argv: readonly string[],
  options: ExecOptions,
) {
  const { signal } = options;
  if (memory.hasSetsid) {
    const spawn = scriptSpawn(argv, options, true);
    try {
      return { spawn, pid: await send(agent, spawn, signal) };
    } catch (error) {
      if (!(error instanceof QapiFault)) throw error;
      memory.hasSetsid = false; // not started; the next attempt tells whether it was setsid that is missing
    }
  }
  const spawn = scriptSpawn(argv, options, false);
  try {
    return { spawn, pid: await send(agent, spawn, signal) };
  } catch (error) {
    if (!(error instanceof QapiFault)) throw error;
    memory.hasSetsid = true;
    const { timeoutMs: _, signal: __, stdin: ___, ...others } = options;
    if (needsScript(others)) throw noShell(agent.peer, error);
    return await startPlain(agent, argv, options, signal); // only a timeout was asked for, and that needs no shell
  }
}

/** Once written it is not given up: a command whose pid nobody read could not be killed. */
async function send(agent: AgentCaller, spawn: Spawn, signal: AbortSignal | undefined): Promise<number> {
  const reply = await agent.call('guest-exec', spawn.arguments, {
    signal,
    mustFinish: true,
    maxReplyBytes: 4096,
  });
  return reply.member('pid').integer(1, 2 ** 32 - 1);
}

/** guest-exec says no with one class and free text for everything, so a shell in the guest looks what was wrong. */
async function explained(agent: AgentCaller, command: string, cause: QapiFault): Promise<Fault> {
  let status: number | null;
  try {
    status = (await runQuietly(agent, ['/bin/sh', '-c', PROBE_SCRIPT, 'novalet-probe', command])).exitCode;
  } catch (error) {
    if (!isFault(error)) throw error;
    return spawnFailed(command, cause); // no shell to ask; the agent's own words are in the message
  }
  if (status === 127) return notFound(command, cause);
  return status === 126 ? notExecutable(command, cause) : spawnFailed(command, cause);
}

/** A short command of ours: bounded, and with nothing that could lead back here. */
async function runQuietly(agent: AgentCaller, argv: readonly string[]): Promise<ExecResult> {
  const signal = AbortSignal.timeout(KILL_TIMEOUT_MS);
  const pid = await send(agent, plainSpawn(argv, undefined), signal);
  return await poll(agent, { pid, command: argv[0] ?? '', firstDelayMs: FIRST_DELAY_MS }, signal);
}

async function watched(
  agent: AgentCaller,
  memory: ExecMemory,
  running: Running,
  signal: AbortSignal | undefined,
): Promise<ExecResult> {
  const { pid } = running;
  if (memory.reaper.isShadowed(pid)) await memory.reaper.collect(pid); // an old record with the same number comes first
  try {
    return await poll(agent, running, signal);
  } catch (error) {
    if (signal?.aborted === true) throw await stopped(agent, memory, running, signal.reason);
    if (isFault(error, 'EXEC_RESULT_LOST')) throw error;
    memory.reaper.abandon(pid);
    throw error;
  }
}

/** Asks until the command ended. The signal ends the pauses, never a request: a reply that is not read is lost. */
async function poll(
  agent: AgentCaller,
  running: Running,
  signal: AbortSignal | undefined,
): Promise<ExecResult> {
  const { pid, command } = running;
  let pauseMs = running.firstDelayMs;
  for (;;) {
    await delay(pauseMs, signal);
    pauseMs = Math.min(LONGEST_DELAY_MS, pauseMs * GROWTH);
    try {
      const reply = await agent.call('guest-exec-status', { pid }, STATUS_OPTIONS);
      const result = decodeStatus(reply);
      if (result !== undefined) return result;
    } catch (error) {
      if (error instanceof QapiFault) throw resultLost(command, pid, error);
      if (!isFault(error, 'AGENT_FROZEN')) throw error;
      pauseMs = FROZEN_DELAY_MS; // the command's end can be asked for again after the thaw
    }
  }
}

/** Kills what runs, and makes the fault that tells of it. The outcome is known when the kill was. */
async function stopped(
  agent: AgentCaller,
  memory: ExecMemory,
  running: Running,
  reason: unknown,
): Promise<Fault> {
  const { pid, command } = running;
  const isTimeout = isFault(reason, 'EXEC_TIMEOUT');
  const message = isTimeout ? reason.message : `${command} was cancelled`;
  const kind = isTimeout ? 'timeout' : 'cancelled';
  const code = isTimeout ? 'EXEC_TIMEOUT' : 'CANCELLED';
  try {
    await runQuietly(agent, ['/bin/sh', '-c', KILL_SCRIPT, 'novalet-kill', String(pid)]);
    const result = await poll(agent, running, AbortSignal.timeout(KILL_TIMEOUT_MS));
    const details = { pid, killed: true };
    return new ExecFault(
      { kind, code, message: `${message} and was killed`, pid, result },
      { details, cause: reason },
    );
  } catch (error) {
    memory.reaper.abandon(pid);
    const about = {
      kind,
      code,
      message: `${message}; it could not be killed`,
      pid,
      result: undefined,
    } as const;
    const hint = `It may still run in the guest with pid ${pid}.`;
    return new ExecFault(about, { outcome: 'unknown', cause: error, hint, details: { pid, killed: false } });
  }
}

function failOnScript(
  agent: AgentCaller,
  result: ExecResult,
  nonce: string,
  about: { readonly command: string; readonly options: ExecOptions },
): void {
  if (result.exitCode !== 125) return;
  const text = result.stderr.toString('utf8');
  if (!text.startsWith(`${nonce} `)) return;
  const { command, options } = about;
  const { peer } = agent;
  const word = text.slice(nonce.length + 1).trimEnd();
  throw scriptFault(word, { command, peer, user: options.user ?? '', cwd: options.cwd ?? '' });
}
