// How a command is started: by itself, or inside our scripts, with or without setsid; and why it was not.
import { type Fault, isFault } from '../base/index.ts';
import { QapiFault } from '../qapi/index.ts';
import type { AgentCaller } from './caller.ts';
import { noShell, notExecutable, notFound, spawnFailed } from './exec-faults.ts';
import { orRemoved } from './exec-input.ts';
import type { ExecPace } from './exec-pace.ts';
import { runQuietly, send } from './exec-poll.ts';
import { type ExecOptions, needsScript, plainSpawn, scriptSpawn } from './exec-request.ts';
import { PROBE_SCRIPT } from './exec-scripts.ts';

export interface StartMemory {
  /** False once the guest turned out to have no setsid. */
  hasSetsid: boolean;
  readonly pace: ExecPace;
}

export interface Task {
  readonly argv: readonly string[];
  readonly options: ExecOptions;
  readonly inputFile: string | undefined;
}

export async function started(agent: AgentCaller, memory: StartMemory, task: Task) {
  const began = performance.now();
  const { pid, spawn } = await start(agent, memory, task);
  const paced = memory.pace.of(performance.now() - began);
  return { spawn, running: { pid, command: task.argv[0] ?? '', ...paced } };
}

async function start(agent: AgentCaller, memory: StartMemory, task: Task) {
  const { inputFile } = task;
  if (inputFile !== undefined)
    return await orRemoved(agent, inputFile, () => startScript(agent, memory, task));
  return needsScript(task.options) ? await startScript(agent, memory, task) : await startPlain(agent, task);
}

async function startPlain(agent: AgentCaller, { argv, options }: Task) {
  const spawn = plainSpawn(argv, options.stdin);
  try {
    return { spawn, pid: await send(agent, spawn, options.signal) };
  } catch (error) {
    if (!(error instanceof QapiFault)) throw error;
    throw await explained(agent, argv[0] ?? '', error);
  }
}

async function startScript(agent: AgentCaller, memory: StartMemory, task: Task) {
  const { argv, options, inputFile } = task;
  const { signal } = options;
  if (memory.hasSetsid) {
    const spawn = scriptSpawn(argv, options, { withSetsid: true, inputFile });
    try {
      return { spawn, pid: await send(agent, spawn, signal) };
    } catch (error) {
      if (!(error instanceof QapiFault)) throw error;
      memory.hasSetsid = false; // not started; the next attempt tells whether it was setsid that is missing
    }
  }
  const spawn = scriptSpawn(argv, options, { withSetsid: false, inputFile });
  try {
    return { spawn, pid: await send(agent, spawn, signal) };
  } catch (error) {
    if (!(error instanceof QapiFault)) throw error;
    memory.hasSetsid = true;
    const { timeoutMs: _, ...others } = options;
    if (inputFile !== undefined || needsScript(others)) throw noShell(agent.peer, error);
    return await startPlain(agent, task); // only a timeout was asked for, and that needs no shell
  }
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
