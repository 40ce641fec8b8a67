// How the commands on files reach a guest's.
import type { ActOptions } from '../../compute/index.ts';
import type { Files } from '../../guest/index.ts';
import type { Session } from '../session.ts';

/** Opens the guest's files for one piece of work. Ctrl-C is passed on, and what is taken back is waited for. */
export async function withFiles<T>(
  session: Session,
  instance: string,
  work: (files: Files, options: ActOptions) => Promise<T>,
): Promise<T> {
  return await session.act(
    async (compute, options) => {
      const guest = await compute.guest(instance, options);
      return await work(guest.files, options);
    },
    { progress: false },
  );
}
