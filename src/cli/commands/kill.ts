// novalet kill INSTANCE JOB
import { Option } from 'commander';
import { JOB, parseSignal } from '../job-operands.ts';
import { jobRecord } from '../job-records.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';

interface KillOptions {
  readonly signal?: `SIG${string}`;
  readonly forget?: boolean;
}

export const kill: Define = (command, session) => {
  command
    .description('Kill a job with all that it started, or send a signal to it.')
    .argument('<instance>', INSTANCE)
    .argument('<job>', JOB)
    .addOption(
      new Option('--signal <name>', 'send this signal to its process group instead, such as TERM')
        .argParser(parseSignal)
        .conflicts('forget'),
    )
    .option('--forget', 'remove the job and its output too')
    .action(async (ref: string, id: string, options: KillOptions) => {
      const job = await session.act(
        async (compute) => {
          const { jobs } = await compute.guest(ref);
          const before = await jobs.show(id);
          if (options.signal !== undefined) await jobs.signal(id, options.signal);
          else if (options.forget === true) await jobs.remove(id);
          else await jobs.kill(id);
          return before;
        },
        { progress: false },
      );
      const done = options.signal ?? (options.forget === true ? 'removed' : 'killed');
      await session.print({ data: { ...jobRecord(job), done }, text: () => `${job.id}\n` });
    });
};
