// Running one program whose output is too large to keep: its chunks are lent as they come.
import { spawn } from 'node:child_process';
import { errnoCode, Fault, throwIfCancelled } from '../base/index.ts';
import { baseEnvironment, killGroup, ProgramFault } from './run-program.ts';

const STDERR_KEPT = 8192;

/**
 * Starts `program` and yields its standard output; ends when the program ends with status 0. Throws `PROGRAM_MISSING`,
 * `PROGRAM_FAILED` or `CANCELLED`. Whoever stops listening early kills the program, with its whole process group.
 */
export async function* streamProgram(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  throwIfCancelled(signal, program);
  const child = spawn(program, [...args], {
    env: baseEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = Promise.withResolvers<number | null>();
  ended.promise.catch(() => undefined); // awaited below, possibly after the output
  child.once('error', ended.reject);
  child.once('close', ended.resolve);
  let stderrTail = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderrTail = (stderrTail + chunk.toString('utf8')).slice(-STDERR_KEPT);
  });
  const kill = () => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  signal?.addEventListener('abort', kill, { once: true });
  try {
    for await (const chunk of child.stdout) yield chunk;
    const exitCode = await ended.promise;
    throwIfCancelled(signal, program);
    if (exitCode !== 0) throw failed({ program, args, exitCode, stderrTail });
  } catch (error) {
    throwIfCancelled(signal, program);
    if (error instanceof Fault) throw error;
    throw failed({ program, args, exitCode: null, stderrTail }, error);
  } finally {
    signal?.removeEventListener('abort', kill);
    if (child.exitCode === null && child.signalCode === null) kill();
  }
}

function failed(
  facts: { program: string; args: readonly string[]; exitCode: number | null; stderrTail: string },
  cause?: unknown,
): ProgramFault {
  if (errnoCode(cause) === 'ENOENT') {
    const message = `${facts.program} is not installed on this host`;
    const hint = 'novalet doctor lists the packages to install.';
    return new ProgramFault('unsupported', 'PROGRAM_MISSING', message, { ...facts, cause, hint });
  }
  const lastLine = facts.stderrTail.trim().split('\n').at(-1) ?? '';
  const how = facts.exitCode === null ? 'was killed by a signal' : `ended with status ${facts.exitCode}`;
  const message = `${facts.program} ${how}${lastLine === '' ? '' : `: ${lastLine}`}`;
  return new ProgramFault('refused', 'PROGRAM_FAILED', message, { ...facts, cause });
}
