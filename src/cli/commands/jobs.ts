// novalet jobs INSTANCE
import { jobsDocument } from '../job-records.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';

export const jobs: Define = (command, session) => {
  command
    .description(
      'List the programs that were started with exec -d, those that ended too. A reboot of the guest loses them.',
    )
    .argument('<instance>', INSTANCE)
    .action(async (ref: string) => {
      const found = await session.query(async (compute) => (await compute.guest(ref)).jobs.list());
      await session.print(jobsDocument(found));
    });
};
