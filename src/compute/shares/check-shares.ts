// Whether this host can share what is asked for: the folder is there and may be shown, and its server is installed.
import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { errnoCode, Fault } from '../../base/index.ts';
import { planShare, type Share, type ShareRequest } from '../../model/index.ts';
import type { Tools } from '../tools.ts';

/** Those of a launch, as they will be recorded. Throws the faults of `checkShare`. */
export async function checkShares(
  tools: Tools,
  requests: readonly ShareRequest[],
): Promise<readonly Share[]> {
  const shares: Share[] = [];
  for (const request of requests) shares.push(await checkShare(tools, request, shares));
  return shares;
}

/**
 * One as it will be recorded beside the others. Throws the faults of `planShare`, `SHARE_PATH_NOT_FOUND`,
 * `SHARE_PATH_RESERVED` and `VIRTIOFSD_NOT_FOUND`.
 */
export async function checkShare(
  tools: Tools,
  request: ShareRequest,
  others: readonly Share[],
): Promise<Share> {
  const share = planShare(request, others);
  const path = await folderAt(tools, share.path);
  if (share.driver === 'virtiofs') await requireVirtiofsd();
  return { ...share, path };
}

/** Without links in it: what is shared stays that, whoever bends a link later. */
async function folderAt({ paths }: Tools, path: string): Promise<string> {
  let real: string;
  try {
    real = await realpath(path);
    if (!(await stat(real)).isDirectory()) throw notFound(path, 'is no directory');
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw notFound(path, 'does not exist');
    throw error;
  }
  const state = await realpath(paths.stateDir);
  if (isWithin(state, real) || isWithin(real, state)) throw reserved(path);
  return real;
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);
}

function notFound(path: string, what: string): Fault {
  return new Fault('not-found', 'SHARE_PATH_NOT_FOUND', `The folder to share, ${path}, ${what}`, {
    hint: `mkdir ${path}`,
  });
}

function reserved(path: string): Fault {
  return new Fault(
    'denied',
    'SHARE_PATH_RESERVED',
    `${path} holds novalet's state, or lies in it: no guest may see that`,
    { hint: 'Share a folder of its own.' },
  );
}

async function requireVirtiofsd(): Promise<void> {
  const { findVirtiofsd } = await import('../../host/index.ts');
  if ((await findVirtiofsd()) !== undefined) return;
  throw new Fault('unsupported', 'VIRTIOFSD_NOT_FOUND', 'This host has no virtiofsd', {
    hint: 'apt install virtiofsd (on Debian 12 it comes with qemu-system-common); or take --share-driver 9p',
  });
}
