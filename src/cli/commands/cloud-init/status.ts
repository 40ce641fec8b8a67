// novalet cloud-init INSTANCE status
import { defined } from '../../defined.ts';
import { EXIT_CLOUD_INIT } from '../../exit-codes.ts';
import type { Session } from '../../session.ts';
import { cloudInitDocument } from './document.ts';

export interface StatusOptions {
  readonly wait: boolean;
  readonly timeout?: number;
}

export async function showStatus(session: Session, ref: string, options: StatusOptions): Promise<void> {
  const { wait, timeout: timeoutMs } = options;
  const status = await session.act(
    (compute, act) => compute.guests.cloudInitStatus(ref, { ...act, wait, ...defined({ timeoutMs }) }),
    { progress: wait },
  );
  await session.print(cloudInitDocument(ref, status));
  session.exitCode = EXIT_CLOUD_INIT[status.state];
}
