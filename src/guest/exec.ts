// Running a command in the guest to its end; or killing its whole tree when it must not go on.
// Knows guest-exec; knows nothing of streams and terminals, which the agent cannot do.
import { Fault, isFault } from '../base/index.ts';
import type { AgentCaller } from './caller.ts';
import { dyingFault, killedFault, resultLost, scriptFault, unkilledFault } from './exec-faults.ts';
import { spooled } from './exec-input.ts';
import { poll, type Running, runQuietly } from './exec-poll.ts';
import { checkExec, type ExecOptions } from './exec-request.ts';
import { cutTo, type ExecResult } from './exec-result.ts';
import { KILL_SCRIPT } from './exec-scripts.ts';
import { type StartMemory, started } from './exec-start.ts';
import type { Reaper } from './reaper.ts';

/** What exec remembers of a guest between calls. */
export interface ExecMemory extends StartMemory {
  readonly reaper: Reaper;
  /** How long killing may take, in milliseconds. */
  readonly killTimeoutMs: number;
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
    const stoppable = { ...options, signal: stop.signal };
    const inputFile = await spooled(agent, argv, stoppable);
    const { running, spawn } = await started(agent, memory, { argv, options: stoppable, inputFile });
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

async function watched(
  agent: AgentCaller,
  memory: ExecMemory,
  running: Running,
  signal: AbortSignal | undefined,
): Promise<ExecResult> {
  const { pid } = running;
  memory.reaper.release(pid); // it would take this one's result for the older one's
  try {
    return await poll(agent, running, signal);
  } catch (error) {
    if (signal?.aborted === true) throw await stopped(agent, memory, running, signal.reason);
    if (isFault(error, 'EXEC_RESULT_LOST')) throw error;
    memory.reaper.abandon(pid);
    throw leavesOpen(error) ? error : resultLost(running.command, pid, error);
  }
}

/** The command was started: "no answer" to a mere question about it, or a no to that, leaves open what it did. */
function leavesOpen(error: unknown): boolean {
  if (!isFault(error)) return true; // no word of the agent's
  return error.outcome === 'unknown' && error.kind !== 'unavailable' && error.kind !== 'timeout';
}

/** Kills what runs, and makes the fault that tells of it. The outcome is known when the kill was. */
async function stopped(
  agent: AgentCaller,
  memory: ExecMemory,
  running: Running,
  reason: unknown,
): Promise<Fault> {
  const { pid, command } = running;
  const what = { command, pid, reason };
  const late = AbortSignal.timeout(memory.killTimeoutMs);
  try {
    await runQuietly(agent, ['/bin/sh', '-c', KILL_SCRIPT, 'novalet-kill', String(pid)], late);
    return killedFault(what, await poll(agent, running, late));
  } catch (error) {
    memory.reaper.abandon(pid);
    return late.aborted ? dyingFault(what, memory.killTimeoutMs, error) : unkilledFault(what, error);
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
