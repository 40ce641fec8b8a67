// Removing a backup, and what builds on it where that was asked for.
import { rename, rm, rmdir } from 'node:fs/promises';
import { errnoCode } from '../../base/index.ts';
import { temporaryFor } from '../../storage/index.ts';
import { holdLease } from '../holding.ts';
import type { Tools } from '../tools.ts';
import { hasIncrements } from './backup-faults.ts';
import type { BackupManifest } from './backup-manifest.ts';
import type { BackupPlace, BackupView } from './backup-requests.ts';
import { BackupSet, viewOf } from './backup-set.ts';
import { backupRoot } from './create-backup.ts';

/** How long a removal waits for another action on the instance. */
const TURN_TIMEOUT_MS = 30_000;

/** Each loses its name first, so that a kill in the middle leaves nothing that looks like a backup. */
export async function removeBackup(
  tools: Tools,
  instanceId: string,
  backup: string,
  options: BackupPlace & { readonly increments?: boolean },
): Promise<readonly BackupView[]> {
  using _lease = await holdLease(tools, `instance:${instanceId}`, 'remove-backup', {
    timeoutMs: TURN_TIMEOUT_MS,
  });
  const set = new BackupSet(backupRoot(tools, options.directory), instanceId);
  const found = await set.find(backup);
  const others = descendantsOf(found, await set.list());
  if (others.length > 0 && options.increments !== true) {
    throw hasIncrements(
      found.id,
      others.map(({ id }) => id),
    );
  }
  const doomed = [...others.toReversed(), found];
  for (const { id } of doomed) {
    const gone = await temporaryFor(set.pathOf(id));
    await rename(set.pathOf(id), gone);
    await rm(gone, { recursive: true, force: true });
  }
  await removeIfEmpty(set.directory);
  return doomed.map((manifest) => viewOf(set, manifest));
}

/** What builds on it, oldest first. `all` is in the order of time. */
function descendantsOf(manifest: BackupManifest, all: readonly BackupManifest[]): readonly BackupManifest[] {
  const family = new Set([manifest.id]);
  const found: BackupManifest[] = [];
  for (const one of all) {
    if (one.parent === null || !family.has(one.parent)) continue;
    family.add(one.id);
    found.push(one);
  }
  return found;
}

async function removeIfEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    if (errnoCode(error) !== 'ENOTEMPTY' && errnoCode(error) !== 'EEXIST') throw error;
  }
}
