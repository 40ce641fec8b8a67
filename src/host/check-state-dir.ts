// Can disks live in the state directory: is there room, and can QEMU get there?
import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatBytes, GIB } from '../base/index.ts';
import { type Identity, mayAccess, type Owned, SEARCH } from './access.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { statOrUndefined } from './kvm.ts';

export interface StateDirSight {
  readonly path: string;
  /** From the root down to the directory, as far as they are there. */
  readonly way: readonly (Owned & { readonly path: string })[];
  /** Whether this process may write in it, or make it. */
  readonly isWritable: boolean;
  readonly freeBytes: number;
  /** Who QEMU runs as; null in session mode, and where it is not known. */
  readonly qemuUser: Identity | null;
}

/** An image, its base and one guest's disk fit; more is better. */
const COMFORTABLE_BYTES = 10 * GIB;
const NEEDED_BYTES = 2 * GIB;

/** Pure. */
export function decideStateDir(sight: StateDirSight): readonly Finding[] {
  return [decideAccess(sight), decideSpace(sight)];
}

function decideAccess({ path, way, isWritable, qemuUser }: StateDirSight): Finding {
  const check = 'state-dir';
  if (!isWritable) {
    return problem(check, `This user may not write in ${path}`, 'Run as root, or choose another state_dir.');
  }
  const closed = qemuUser === null ? [] : way.filter((step) => !mayAccess(qemuUser, step, SEARCH));
  const [first] = closed;
  if (first === undefined) return ok(check, `${path} can be used, by novalet and by QEMU`);
  return problem(
    check,
    `${qemuUser?.name ?? 'QEMU'} may not pass through ${first.path} on the way to the disks in ${path}`,
    closed.map((step) => `chmod o+x ${step.path}`).join(' && '),
  );
}

function decideSpace({ path, freeBytes }: StateDirSight): Finding {
  const says = `${formatBytes(freeBytes)} are free for images and disks in ${path}`;
  if (freeBytes >= COMFORTABLE_BYTES) return ok('space', says);
  const state = freeBytes >= NEEDED_BYTES ? warning : problem;
  return state(
    'space',
    `Only ${says}`,
    'Remove images and instances, or move state_dir to a larger file system.',
  );
}

export async function lookAtStateDir(path: string, qemuUser: Identity | null): Promise<StateDirSight> {
  const way = ancestors(path).flatMap((step) => {
    const owned = statOrUndefined(step);
    return owned === undefined ? [] : [{ ...owned, path: step }];
  });
  const deepest = way.at(-1)?.path ?? '/';
  const { bavail, bsize } = await statfs(deepest);
  return { path, way, isWritable: await isWritable(deepest), freeBytes: bavail * bsize, qemuUser };
}

/** `/a/b` → `/`, `/a`, `/a/b`. */
function ancestors(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [path] : [...ancestors(above), path];
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
