// How the commands on files reach a guest's.
import type { ActOptions, Files, Via } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import type { Session } from '../session.ts';

/** What the command line said of the way in. */
export interface ViaOption {
  readonly via?: Via;
}

/** Opens the guest's files for one piece of work. Ctrl-C is passed on, and what is taken back is waited for. */
export async function withFiles<T>(
  session: Session,
  where: { readonly instance: string; readonly how: ViaOption },
  work: (files: Files, options: ActOptions) => Promise<T>,
): Promise<T> {
  const { via } = where.how;
  return await session.act(
    async (compute, options) => {
      const guest = await compute.guest(where.instance, { ...options, ...defined({ via }) });
      return await work(guest.files, options);
    },
    { progress: false },
  );
}
