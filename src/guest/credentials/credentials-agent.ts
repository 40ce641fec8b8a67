// What credentials need of an agent, and the questions that they ask besides.
import { Fault, isFault } from '../../base/index.ts';
import type { AgentCaller, CallOptions } from '../caller.ts';
import { type AgentInfo, standing } from '../capabilities.ts';
import type { ExecOptions } from '../exec-request.ts';
import type { ExecResult } from '../exec-result.ts';
import { KNOWN_SCRIPT, STATUS } from './scripts.ts';

export interface CredentialsAgent extends AgentCaller {
  info(options?: CallOptions): Promise<AgentInfo>;
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
}

const SCRIPT_TIMEOUT_MS = 30_000;

/** Runs one of our scripts. Throws what exec throws. */
export async function runScript(
  agent: CredentialsAgent,
  script: string,
  words: readonly string[],
  options: Pick<ExecOptions, 'stdin' | 'signal'> = {},
): Promise<ExecResult> {
  const argv = ['/bin/sh', '-c', script, 'novalet-credentials', ...words];
  return await agent.exec(argv, { ...options, timeoutMs: SCRIPT_TIMEOUT_MS });
}

/** Whether the agent may run programs, by its own word. */
export async function mayExec(agent: CredentialsAgent, signal?: AbortSignal): Promise<boolean> {
  const info = await agent.info({ signal });
  return ['guest-exec', 'guest-exec-status'].every((command) => standing(info, command) === 'usable');
}

/** Whether the guest knows the user; undefined where it cannot be asked. */
export async function knowsUser(agent: CredentialsAgent, user: string): Promise<boolean | undefined> {
  try {
    const { exitCode } = await runScript(agent, KNOWN_SCRIPT, [user]);
    return exitCode === STATUS.ok ? true : exitCode === STATUS.userUnknown ? false : undefined;
  } catch (error) {
    if (isFault(error)) return undefined; // the refusal that led here is the one to tell
    throw error;
  }
}

export function userUnknown(peer: string, user: string): Fault {
  return new Fault('not-found', 'GUEST_USER_UNKNOWN', `${peer} knows no user ${user} in the guest`, {
    hint: 'Create the user in the guest, or name another one with --user.',
    details: { user },
  });
}
