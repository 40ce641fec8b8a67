// novalet attach INSTANCE JOB
import type { Readable } from 'node:stream';
import { Option } from 'commander';
import { isFault } from '../../base/index.ts';
import type { JobProcess, ProcessEnd } from '../../guest/index.ts';
import { DETACH_KEYS, DetachKeys, parseDetachKeys } from '../detach-keys.ts';
import { fed, orFailing } from '../guest-streams.ts';
import { isTerminal, RawTerminal } from '../guest-terminal.ts';
import { JOB } from '../job-operands.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { exitCodeOfGuest } from './exec.ts';

interface AttachOptions {
  readonly stdin?: boolean;
  readonly detachKeys: readonly number[];
}

export const attach: Define = (command, session) => {
  command
    .description(
      'Show what a job has written, and what comes, until it ends; then exit as it did. Ctrl-C leaves the job running; with a terminal Ctrl-P Ctrl-Q does.',
    )
    .argument('<instance>', INSTANCE)
    .argument('<job>', JOB)
    .option('-i, --stdin', 'send our stdin to it; a job with a terminal gets our keys in any case')
    .addOption(
      new Option('--detach-keys <keys>', 'keys that leave a job with a terminal running')
        .argParser(parseDetachKeys)
        .default(parseDetachKeys(DETACH_KEYS), DETACH_KEYS),
    )
    .action(async (ref: string, id: string, options: AttachOptions) => {
      const end = await session.act(
        async (compute) => {
          const { jobs } = await compute.guest(ref);
          const job = await jobs.show(id);
          await using process = await jobs.attach(id);
          const hasTerminal = job.hasTerminal && job.hasStdin && isTerminal(session.streams);
          using _raw = hasTerminal ? new RawTerminal(session.streams, process) : undefined;
          const sendsStdin = job.hasStdin && (options.stdin === true || hasTerminal);
          if (options.stdin === true && !job.hasStdin)
            await session.warn(`job ${id} was started without stdin; nothing is sent to it`);
          const keys = hasTerminal ? new DetachKeys(options.detachKeys) : undefined;
          return await follow(session, process, { sendsStdin, keys });
        },
        { progress: false },
      );
      session.exitCode = end === undefined ? 0 : exitCodeOfGuest(end);
    });
};

/** How it ended; undefined when its terminal was left. */
async function follow(
  session: Session,
  process: JobProcess,
  { sendsStdin, keys }: { readonly sendsStdin: boolean; readonly keys: DetachKeys | undefined },
): Promise<ProcessEnd | undefined> {
  const input = sendsStdin ? fed(session.streams.stdin, process.stdin, keys) : undefined;
  const shown = Promise.all([
    show(process.stdout, (bytes) => session.write(bytes)),
    show(process.stderr, (bytes) => session.writeError(bytes)),
  ]);
  try {
    const work = Promise.all([process.ended, shown]);
    const left = keys === undefined ? [] : [keys.typed];
    const over = await session.interrupt.race(Promise.race([orFailing(work, input), ...left]));
    if (over === undefined) {
      await session.note('The job goes on.');
      return undefined;
    }
    const [end] = over;
    if (process.isTruncated) await session.warn('the job wrote more than was kept; the rest is lost');
    return end;
  } catch (error) {
    if (isFault(error, 'INTERRUPTED')) await session.note('The job goes on.');
    throw error;
  } finally {
    input?.stop();
  }
}

async function show(from: Readable, write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  for await (const chunk of from) {
    const bytes: Buffer = chunk;
    await write(bytes);
  }
}
