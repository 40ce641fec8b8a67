// Backups as a door asks for them. What each act needs is loaded by that act.
import { rename, rm, rmdir } from 'node:fs/promises';
import { errnoCode, isUuid } from '../../base/index.ts';
import { temporaryFor } from '../../storage/index.ts';
import type { ActOptions } from '../compute.ts';
import { holdLease } from '../holding.ts';
import type { Tools } from '../tools.ts';
import { hasIncrements } from './backup-faults.ts';
import type { BackupManifest } from './backup-manifest.ts';
import type {
  BackupMade,
  BackupPlace,
  BackupRequest,
  BackupRestored,
  Backups,
  BackupView,
} from './backup-requests.ts';

/** How long a removal waits for another action on the instance. */
const TURN_TIMEOUT_MS = 30_000;

export class InstanceBackups implements Backups {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async create(ref: string, request: BackupRequest = {}, options: ActOptions = {}): Promise<BackupMade> {
    const { createBackup } = await import('./create-backup.ts');
    return await createBackup(this.#tools, ref, request, options);
  }

  async list(ref?: string, place: BackupPlace = {}): Promise<readonly BackupView[]> {
    const { backupRoot } = await import('./create-backup.ts');
    const { BackupSet, instancesIn, viewOf } = await import('./backup-set.ts');
    const root = backupRoot(this.#tools, place.directory);
    const ids = ref === undefined ? await instancesIn(root) : [this.#idOf(ref)];
    const views: BackupView[] = [];
    for (const id of ids) {
      const set = new BackupSet(root, id);
      views.push(...(await set.list()).map((manifest) => viewOf(set, manifest)));
    }
    return views;
  }

  async restore(
    ref: string,
    backup: string,
    place: BackupPlace = {},
    options: ActOptions = {},
  ): Promise<BackupRestored> {
    const { restoreBackup } = await import('./restore-backup.ts');
    return await restoreBackup(this.#tools, ref, backup, { ...place, ...options });
  }

  /** Each loses its name first, so that a kill in the middle leaves nothing that looks like a backup. */
  async remove(
    ref: string,
    backup: string,
    options: BackupPlace & { readonly increments?: boolean } = {},
  ): Promise<readonly BackupView[]> {
    const { backupRoot } = await import('./create-backup.ts');
    const { BackupSet, viewOf } = await import('./backup-set.ts');
    const instanceId = this.#idOf(ref);
    using _lease = await holdLease(this.#tools, `instance:${instanceId}`, 'remove-backup', {
      timeoutMs: TURN_TIMEOUT_MS,
    });
    const set = new BackupSet(backupRoot(this.#tools, options.directory), instanceId);
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

  /** Backups outlive their instance, which then has no name any more. */
  #idOf(ref: string): string {
    const { instances } = this.#tools.store;
    return isUuid(ref) && instances.get(ref) === undefined ? ref : instances.find(ref).id;
  }
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
