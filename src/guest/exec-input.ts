// Input for a command that is too big to go with the request that starts it.
import { randomBytes } from 'node:crypto';
import type { AgentCaller } from './caller.ts';
import { inputLeft, noPlaceForInput } from './exec-faults.ts';
import { runQuietly } from './exec-poll.ts';
import type { ExecOptions } from './exec-request.ts';
import { SPOOL_SCRIPT } from './exec-scripts.ts';
import { writeData } from './files.ts';

/** Input below this always goes with the request; the scripts and the words around them are smaller too. */
const SMALL_INPUT_BYTES = 16 * 1024;

/** A file in the guest with the command's input, where that is too big to go with the request. */
export async function spooled(
  agent: AgentCaller,
  argv: readonly string[],
  options: ExecOptions,
): Promise<string | undefined> {
  const { stdin, signal } = options;
  if (stdin === undefined || stdin.length < SMALL_INPUT_BYTES) return undefined;
  const { requestBytes } = await agent.limits(signal);
  const words = argv.reduce((sum, word) => sum + 2 * Buffer.byteLength(word), 0);
  const needed = Math.ceil((Buffer.byteLength(stdin) * 4) / 3) + words + SMALL_INPUT_BYTES;
  if (needed <= requestBytes) return undefined;
  const name = `novalet-input-${randomBytes(16).toString('hex')}`;
  const { exitCode, stdout } = await runQuietly(agent, [
    '/bin/sh',
    '-c',
    SPOOL_SCRIPT,
    'novalet-spool',
    name,
  ]);
  const path = stdout.toString('utf8').trimEnd();
  if (exitCode !== 0 || !path.endsWith(`/${name}`)) throw noPlaceForInput(agent.peer);
  return await orRemoved(agent, path, async () => {
    await writeData(agent, path, stdin, { signal });
    return path;
  });
}

/** Runs `work`, and removes the file of the guest when that fails. */
export async function orRemoved<T>(agent: AgentCaller, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const [removed] = await Promise.allSettled([runQuietly(agent, ['rm', '-f', '--', path])]);
    if (removed.status === 'fulfilled') throw error;
    throw inputLeft(agent.peer, path, error);
  }
}
