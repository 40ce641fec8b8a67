// Starting a process through the agent and asking after it until it ended.
// Knows guest-exec and guest-exec-status; knows no scripts.
import { delay, isFault } from '../base/index.ts';
import { QapiFault } from '../qapi/index.ts';
import type { AgentCaller } from './caller.ts';
import { resultLost } from './exec-faults.ts';
import { plainSpawn, type Spawn } from './exec-request.ts';
import { AGENT_CAPTURE_BYTES, decodeStatus, type ExecResult } from './exec-result.ts';

/** The pause after the first question; each next one is longer, up to a limit. */
export const SHORTEST_DELAY_MS = 3;
const LONGEST_DELAY_MS = 250;
const FROZEN_DELAY_MS = 1000;
const GROWTH = 1.3;
/** How long a short command of ours may take. */
const QUIET_TIMEOUT_MS = 10_000;
/** Two streams at the agent's limit in base64, and the words around them. */
export const STATUS_OPTIONS = { maxReplyBytes: Math.ceil((2 * AGENT_CAPTURE_BYTES * 4) / 3) + 65_536 };

/** Records under one number: more of them is an agent that plays with us. */
const MOST_RECORDS = 100;

/** A process that was started and not collected. */
export interface Running {
  readonly pid: number;
  readonly command: string;
  /** The pause before the first question. */
  readonly firstDelayMs: number;
  /** Told how long after the start it was asked about when it had ended. */
  readonly onEnd?: (afterMs: number) => void;
}

/** Once written it is not given up: a command whose pid nobody read could not be killed. */
export async function send(
  agent: AgentCaller,
  spawn: Spawn,
  signal: AbortSignal | undefined,
): Promise<number> {
  const reply = await agent.call('guest-exec', spawn.arguments, {
    signal,
    mustFinish: true,
    maxReplyBytes: 4096,
  });
  return reply.member('pid').integer(1, 2 ** 32 - 1);
}

/** A short command of ours: bounded, and with nothing that could lead back here. */
export async function runQuietly(
  agent: AgentCaller,
  argv: readonly string[],
  signal: AbortSignal = AbortSignal.timeout(QUIET_TIMEOUT_MS),
): Promise<ExecResult> {
  const pid = await send(agent, plainSpawn(argv, undefined), signal);
  return await poll(agent, { pid, command: argv[0] ?? '', firstDelayMs: SHORTEST_DELAY_MS }, signal);
}

/**
 * Asks until the command ended. The signal ends the pauses, never a request: a reply that is not read is lost.
 *
 * The agent keeps what nobody collected, as of a client that was killed, and when Linux gives the number away again it
 * answers with the oldest record of that number. So a result is the command's own only once the agent says that it knows
 * no more of the number; otherwise it was an older command's, and the next one counts.
 */
export async function poll(
  agent: AgentCaller,
  running: Running,
  signal: AbortSignal | undefined,
): Promise<ExecResult> {
  const { pid, command } = running;
  const began = performance.now();
  let pauseMs = running.firstDelayMs;
  let nextMs = SHORTEST_DELAY_MS;
  let result: ExecResult | undefined;
  for (let older = 0; older < MOST_RECORDS; ) {
    await delay(pauseMs, signal);
    pauseMs = nextMs;
    nextMs = Math.min(LONGEST_DELAY_MS, nextMs * GROWTH);
    const askedAt = performance.now();
    try {
      result ??= await status(agent, pid, false);
      if (result !== undefined) running.onEnd?.(askedAt - began);
      while (result !== undefined && older < MOST_RECORDS) {
        const next = await following(agent, pid);
        if (next === 'none') return result;
        older += 1;
        result = next;
      }
    } catch (error) {
      if (error instanceof QapiFault) throw resultLost(command, pid, error);
      if (!isFault(error, 'AGENT_FROZEN')) throw error;
      pauseMs = FROZEN_DELAY_MS; // the command's end can be asked for again after the thaw
    }
  }
  throw resultLost(command, pid);
}

async function status(agent: AgentCaller, pid: number, mayRefuse: boolean): Promise<ExecResult | undefined> {
  return decodeStatus(await agent.call('guest-exec-status', { pid }, { ...STATUS_OPTIONS, mayRefuse }));
}

/** The result behind one that was collected; undefined where that command still runs. */
async function following(agent: AgentCaller, pid: number): Promise<ExecResult | 'none' | undefined> {
  try {
    return await status(agent, pid, true);
  } catch (error) {
    if (error instanceof QapiFault) return 'none';
    throw error;
  }
}
