// What programs read of detached jobs with -o json or yaml, and the table for people.
import type { Job } from '../guest/index.ts';
import type { Document } from './output.ts';
import { formatTable } from './table.ts';

export function jobRecord(job: Job) {
  return {
    id: job.id,
    name: job.name ?? null,
    state: job.state,
    exit_code: job.end?.exitCode ?? null,
    signal: job.end?.signal ?? null,
    pid: job.pid ?? null,
    user: job.user ?? null,
    command: job.command,
    started_at: job.startedAt,
    stdin: job.hasStdin,
    tty: job.hasTerminal,
    output_truncated: job.isTruncated,
  };
}

export function jobsDocument(jobs: readonly Job[]): Document {
  const text = () => {
    const rows = jobs.map((job) => [
      job.id,
      job.name ?? '',
      stateText(job),
      job.user ?? 'root',
      job.startedAt.replace(/\.\d+Z$/, 'Z'),
      job.command,
    ]);
    return formatTable({ head: ['ID', 'NAME', 'STATE', 'USER', 'STARTED', 'COMMAND'], rows });
  };
  return { data: jobs.map(jobRecord), text };
}

function stateText({ state, end }: Job): string {
  if (end === undefined) return state;
  return end.signal ?? `exit ${end.exitCode}`;
}
