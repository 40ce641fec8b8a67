// novalet exec INSTANCE -- COMMAND ARGUMENTS…
import { constants } from 'node:os';
import { Option } from 'commander';
import { MIB } from '../../base/index.ts';
import type { ExecRequest, ExecResult, ProcessEnd, SpawnRequest, Via } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { EXEC_FAILED } from '../exit-codes.ts';
import { joined } from '../guest-streams.ts';
import { isTerminal, sizeOf } from '../guest-terminal.ts';
import { readStdin } from '../input.ts';
import { jobRecord } from '../job-records.ts';
import { INSTANCE } from '../operands.ts';
import { execRecord } from '../records.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { collectEnvironment, invalid, parseSeconds, quantity } from '../values.ts';
import { viaOption } from '../via-option.ts';

/** What a JSON document holds of each stream unless told otherwise. */
const MOST_IN_DOCUMENT = MIB;

export interface ExecOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly user?: string;
  readonly timeout?: number;
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly detach?: boolean;
  readonly via?: Via;
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
    .option('-i, --stdin', 'send our stdin to it, as it comes')
    .option('-t, --tty', 'give it a terminal (default: when stdin and stdout are one)')
    .option('--no-tty', 'give it none')
    .option('-d, --detach', 'leave it running in the guest, and print the id that jobs, attach and kill take')
    .addOption(viaOption())
    .addOption(
      new Option(
        '--max-output <size>',
        'show this much of each stream and drop the rest (default: all; in JSON 1M)',
      ).argParser(quantity('--max-output', 1)),
    )
    .action(async (ref: string, argv: readonly string[], options: ExecOptions) => {
      if (options.detach === true) {
        await detach(session, ref, { argv, options });
        return;
      }
      const end =
        session.options.output === 'table'
          ? await runJoined(session, ref, { argv, options })
          : await runCollected(session, ref, { argv, options });
      session.exitCode = exitCodeOfGuest(end);
    });
};

/** A job goes over the agent, which outlives us; nothing of it waits for this process. */
async function detach(session: Session, ref: string, { argv, options }: Call): Promise<void> {
  const { env, cwd, user, stdin = false, tty = false, timeout, maxOutput: maxOutputBytes } = options;
  if (timeout !== undefined) {
    throw invalid('--timeout and --detach exclude each other', 'Put timeout(1) before the program.');
  }
  const term = process.env['TERM'] ?? 'dumb';
  const job = await session.act(
    async (compute, { signal }) => {
      const { jobs } = await compute.guest(ref);
      return await jobs.start({
        argv,
        stdin,
        ...defined({ env, cwd, user, signal, maxOutputBytes }),
        ...(tty ? { terminal: { ...sizeOf(session.streams), term } } : {}),
      });
    },
    { progress: false },
  );
  await session.print({ data: jobRecord(job), text: () => `${job.id}\n` });
}

export interface Call {
  readonly argv: readonly string[];
  readonly options: ExecOptions;
}

/** Streams as they come, both ways. */
export async function runJoined(session: Session, ref: string, { argv, options }: Call): Promise<ProcessEnd> {
  const { env, cwd, user, timeout: timeoutMs, via, maxOutput } = options;
  const hasTerminal = options.tty ?? isTerminal(session.streams);
  const sendsStdin = hasTerminal || options.stdin === true;
  const term = process.env['TERM'] ?? 'dumb';
  return await session.act(
    async (compute, { signal }) => {
      const guest = await compute.guest(ref, defined({ via }));
      const request: SpawnRequest = {
        argv,
        ...defined({ env, cwd, user, signal }),
        ...(hasTerminal ? { terminal: { ...sizeOf(session.streams), term } } : {}),
        stdin: sendsStdin,
      };
      await using running = await guest.spawn(request);
      return await joined(session, running, {
        hasTerminal,
        sendsStdin,
        timeoutMs,
        maxOutput,
        what: argv[0] ?? '',
      });
    },
    { progress: false },
  );
}

/** One document at the end, for programs that ask for one. */
async function runCollected(session: Session, ref: string, { argv, options }: Call): Promise<ExecResult> {
  const { env, cwd, user, timeout: timeoutMs, via, maxOutput: maxOutputBytes = MOST_IN_DOCUMENT } = options;
  const stdin = options.stdin === true ? await readStdin(session) : undefined;
  const request: ExecRequest = {
    argv,
    maxOutputBytes,
    ...defined({ env, cwd, user, stdin, timeoutMs, via }),
  };
  const result = await session.act((compute, act) => compute.exec(ref, request, act), { progress: false });
  await session.print({ data: execRecord(result), text: () => '' });
  return result;
}

/** As a shell says it: the program's own status, or 128 + the number of the signal that ended it. */
export function exitCodeOfGuest({ exitCode, signal }: Pick<ExecResult, 'exitCode' | 'signal'>): number {
  if (exitCode !== null) return exitCode;
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return number === undefined ? EXEC_FAILED : 128 + number;
}
