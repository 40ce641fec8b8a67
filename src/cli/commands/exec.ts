// novalet exec INSTANCE -- COMMAND ARGUMENTS…
import { constants } from 'node:os';
import { Option } from 'commander';
import { Fault, MIB } from '../../base/index.ts';
import type { ExecRequest, ExecResult } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { EXEC_FAILED } from '../exit-codes.ts';
import { readStdin } from '../input.ts';
import { INSTANCE } from '../operands.ts';
import { execRecord } from '../records.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { collectEnvironment, parseSeconds, quantity } from '../values.ts';

/** A reply that is too large for libvirt would be lost, and could silence the agent (docs/agent-bridge.md). */
const MAX_OUTPUT = MIB;

interface ExecOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly user?: string;
  readonly timeout?: number;
  readonly stdin?: boolean;
  readonly maxOutput?: number;
}

export const exec: Define = (command, session) => {
  command.unknownOptionHint = 'Put -- before the program and its arguments.';
  command
    .usage('[options] <instance> -- <command...>')
    .argument('<instance>', INSTANCE)
    .argument('<command...>', 'program and arguments, after --; no shell is in between')
    .option('--env <key=value>', 'variable for the program; KEY alone passes ours on', collectEnvironment)
    .option('--cwd <directory>', 'where to run it')
    .option('--user <user>', 'whom to run it as')
    .addOption(
      new Option('--timeout <seconds>', 'kill it after this time (default: no limit)').argParser(
        parseSeconds,
      ),
    )
    .option('--stdin', 'send our stdin to it')
    .addOption(
      new Option('--max-output <size>', 'keep this much of each stream and drop the rest in the guest')
        .argParser(quantity('--max-output', 1))
        .default(MAX_OUTPUT, '1M'),
    )
    .action(async (ref: string, argv: readonly string[], options: ExecOptions) => {
      const { env, cwd, user, timeout: timeoutMs, maxOutput: maxOutputBytes } = options;
      const stdin = options.stdin === true ? await readStdin(session) : undefined;
      const request: ExecRequest = { argv, ...defined({ env, cwd, user, stdin, timeoutMs, maxOutputBytes }) };
      const result = await run(session, ref, request);
      await printResult(session, result);
      session.exitCode = exitCodeOfGuest(result);
    });
};

/** A program that was stopped still shows what it wrote until then. */
async function run(session: Session, ref: string, request: ExecRequest): Promise<ExecResult> {
  try {
    return await session.act((compute, act) => compute.exec(ref, request, act), { progress: false });
  } catch (error) {
    const partial = partialOutput(error);
    if (partial !== undefined && session.options.output === 'table') {
      await session.write(partial.stdout);
      await session.writeError(partial.stderr);
    }
    throw error;
  }
}

/** The output that a fault of a stopped program carries as `result`, where it does. */
function partialOutput(error: unknown): { stdout: Uint8Array; stderr: Uint8Array } | undefined {
  if (!(error instanceof Fault) || !('result' in error)) return undefined;
  const { result } = error;
  if (typeof result !== 'object' || result === null || !('stdout' in result) || !('stderr' in result)) {
    return undefined;
  }
  const { stdout, stderr } = result;
  return stdout instanceof Uint8Array && stderr instanceof Uint8Array ? { stdout, stderr } : undefined;
}

/** The guest's bytes as they are, as ssh would hand them on; a record for programs that ask for one. */
async function printResult(session: Session, result: ExecResult): Promise<void> {
  if (session.options.output !== 'table') {
    await session.print({ data: execRecord(result), text: () => '' });
    return;
  }
  await session.write(result.stdout);
  await session.writeError(result.stderr);
  if (result.stdoutTruncated)
    await session.warn('the guest wrote more to stdout than was kept; the rest is lost');
  if (result.stderrTruncated)
    await session.warn('the guest wrote more to stderr than was kept; the rest is lost');
}

/** As a shell says it: the program's own status, or 128 + the number of the signal that ended it. */
export function exitCodeOfGuest(result: Pick<ExecResult, 'exitCode' | 'signal'>): number {
  if (result.exitCode !== null) return result.exitCode;
  const number = Object.entries(constants.signals).find(([name]) => name === result.signal)?.[1];
  return number === undefined ? EXEC_FAILED : 128 + number;
}
