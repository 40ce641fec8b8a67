// novalet cloud-init INSTANCE rerun
import { defined } from '../../defined.ts';
import type { Session } from '../../session.ts';
import { formatTable } from '../../table.ts';

export interface RerunOptions {
  readonly timeout?: number;
  readonly clearLogs?: boolean;
}

export async function rerun(session: Session, ref: string, options: RerunOptions): Promise<void> {
  const { timeout: timeoutMs, clearLogs } = options;
  const { job, steps } = await session.act((compute, act) =>
    compute.guests.rerunCloudInit(ref, { ...act, ...defined({ timeoutMs, clearLogs }) }),
  );
  await session.print({
    data: { instance: ref, job, steps: steps.map(({ step, exitCode }) => ({ step, exit_code: exitCode })) },
    text: () =>
      formatTable({ head: ['STEP', 'EXIT'], rows: steps.map(({ step, exitCode }) => [step, `${exitCode}`]) }),
  });
}
