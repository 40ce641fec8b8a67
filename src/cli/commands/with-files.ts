// How the commands on files reach a guest's.
import { Fault } from '../../base/index.ts';
import type { ActOptions } from '../../compute/index.ts';
import { Files } from '../../guest/index.ts';
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
      return await work(filesOf(guest), options);
    },
    { progress: false },
  );
}

function filesOf(guest: object): Files {
  if ('files' in guest && guest.files instanceof Files) return guest.files;
  throw new Fault('unsupported', 'GUEST_FILES_UNSUPPORTED', 'This way into the guest reaches no files');
}
