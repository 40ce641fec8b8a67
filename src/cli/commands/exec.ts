// novalet exec INSTANCE -- COMMAND ARGUMENTS…
import { constants } from 'node:os';
import { Option } from 'commander';
import type { ExecRequest, ExecResult } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { EXEC_FAILED } from '../exit-codes.ts';
import { readStdin } from '../input.ts';
import { INSTANCE } from '../operands.ts';
import { execRecord } from '../records.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { collectEnvironment, parseSeconds } from '../values.ts';

interface ExecOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly user?: string;
  readonly timeout?: number;
  readonly stdin?: boolean;
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
    .action(async (ref: string, argv: readonly string[], options: ExecOptions) => {
      const { env, cwd, user, timeout: timeoutMs } = options;
      const stdin = options.stdin === true ? await readStdin(session) : undefined;
      const request: ExecRequest = { argv, ...defined({ env, cwd, user, stdin, timeoutMs }) };
      const result = await session.act((compute, act) => compute.exec(ref, request, act), {
        progress: false,
      });
      await printResult(session, result);
      session.exitCode = exitCodeOfGuest(result);
    });
};

/** The guest's bytes as they are, as ssh would hand them on; a record for programs that ask for one. */
async function printResult(session: Session, result: ExecResult): Promise<void> {
  if (session.options.output !== 'table') {
    await session.print({ data: execRecord(result), text: () => '' });
    return;
  }
  await session.write(result.stdout);
  await session.writeError(result.stderr);
  if (result.stdoutTruncated)
    await session.warn('the guest wrote more to stdout than its agent keeps; the rest is lost');
  if (result.stderrTruncated)
    await session.warn('the guest wrote more to stderr than its agent keeps; the rest is lost');
}

/** As a shell says it: the program's own status, or 128 + the number of the signal that ended it. */
export function exitCodeOfGuest(result: Pick<ExecResult, 'exitCode' | 'signal'>): number {
  if (result.exitCode !== null) return result.exitCode;
  const number = Object.entries(constants.signals).find(([name]) => name === result.signal)?.[1];
  return number === undefined ? EXEC_FAILED : 128 + number;
}
