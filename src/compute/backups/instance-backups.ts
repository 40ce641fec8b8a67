// Backups as a door asks for them. What each act needs is loaded by that act.
import { isUuid } from '../../base/index.ts';
import type { ActOptions } from '../compute.ts';
import type { Tools } from '../tools.ts';
import type {
  BackupMade,
  BackupPlace,
  BackupRequest,
  BackupRestored,
  Backups,
  BackupView,
} from './backup-requests.ts';

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

  async remove(
    ref: string,
    backup: string,
    options: BackupPlace & { readonly increments?: boolean } = {},
  ): Promise<readonly BackupView[]> {
    const { removeBackup } = await import('./remove-backup.ts');
    return await removeBackup(this.#tools, this.#idOf(ref), backup, options);
  }

  /** Backups outlive their instance, which then has no name any more. */
  #idOf(ref: string): string {
    const { instances } = this.#tools.store;
    return isUuid(ref) && instances.get(ref) === undefined ? ref : instances.find(ref).id;
  }
}
