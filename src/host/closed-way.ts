// Where QEMU does not get through on the way to a directory that it is to write in.
import { mayAccess, SEARCH } from './access.ts';
import { lookAtStateDir } from './check-state-dir.ts';
import { HOST_PATHS } from './host-paths.ts';
import { qemuUser, readUserFiles } from './qemu-user.ts';

export interface ClosedWay {
  /** Who QEMU runs as. */
  readonly user: string;
  /** Directories that this user may not pass through, from the root down. */
  readonly directories: readonly string[];
}

/** Undefined where nothing is known to be closed. Access control lists are not looked at. */
export async function closedWay(directory: string): Promise<ClosedWay | undefined> {
  const user = qemuUser(readUserFiles(HOST_PATHS));
  if (user === null) return undefined;
  const { way } = await lookAtStateDir(directory, user);
  const directories = way.filter((step) => !mayAccess(user, step, SEARCH)).map(({ path }) => path);
  return directories.length === 0 ? undefined : { user: user.name, directories };
}
