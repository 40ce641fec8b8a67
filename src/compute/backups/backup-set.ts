// The backups of instances in a directory: <directory>/<instance id>/<backup id>/, each with a manifest and its disks' files.
// Nothing else remembers them, so that they can be copied, moved and read without the host that made them.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, isUuid } from '../../base/index.ts';
import { inspectImage, namesIn, requireSafeImage } from '../../storage/index.ts';
import { backupBroken, backupNotFound } from './backup-faults.ts';
import {
  BACKUP_MANIFEST,
  type BackupDisk,
  type BackupManifest,
  isBackupId,
  kindOf,
  readBackupManifest,
} from './backup-manifest.ts';
import type { BackupView } from './backup-requests.ts';

const MAX_MANIFEST_BYTES = 1024 * 1024;

/** The backups of one instance. */
export class BackupSet {
  readonly directory: string;

  constructor(root: string, instanceId: string) {
    this.directory = join(root, instanceId);
  }

  pathOf(id: string): string {
    return join(this.directory, id);
  }

  fileOf(id: string, { fileName }: Pick<BackupDisk, 'fileName'>): string {
    return join(this.directory, id, `${fileName}.qcow2`);
  }

  /** Oldest first. Throws `BACKUP_BROKEN` for one whose manifest cannot be read. */
  async list(): Promise<readonly BackupManifest[]> {
    const ids = (await namesIn(this.directory)).filter(isBackupId).sort();
    const manifests: BackupManifest[] = [];
    for (const id of ids) manifests.push(await this.#read(id));
    return manifests.sort((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt)); // several in a second
  }

  /** By its id, or `latest`. Throws `BACKUP_NOT_FOUND` and `BACKUP_BROKEN`. */
  async find(wanted: string): Promise<BackupManifest> {
    const all = await this.list();
    const found = wanted === 'latest' ? all.at(-1) : all.find(({ id }) => id === wanted);
    if (found === undefined) throw backupNotFound(wanted, this.directory);
    return found;
  }

  /** The backup itself, what it builds on, and so on to a whole one. Throws `BACKUP_BROKEN`. */
  async chainOf(manifest: BackupManifest): Promise<readonly BackupManifest[]> {
    const all = new Map((await this.list()).map((one) => [one.id, one]));
    const chain = [manifest];
    for (let at = manifest; kindOf(at) === 'incremental'; ) {
      const parent = at.parent === null ? undefined : all.get(at.parent);
      if (parent === undefined) throw backupBroken(at.id, `it builds on ${at.parent}, which is gone`);
      if (chain.includes(parent)) throw backupBroken(at.id, 'it builds on itself');
      chain.push(parent);
      at = parent;
    }
    return chain;
  }

  /** That each file is there, whole, unchanged, and a qcow2 that names no other. Throws `BACKUP_BROKEN`. */
  async verify({ id, disks }: BackupManifest, onBytes: (bytes: number) => void): Promise<void> {
    for (const disk of disks) {
      const path = this.fileOf(id, disk);
      const size = await sizeOf(path);
      if (size !== disk.bytes)
        throw backupBroken(id, `${path} has ${size ?? 'no'} bytes instead of ${disk.bytes}`);
      if ((await digestOf(path, onBytes)) !== disk.sha256) throw backupBroken(id, `${path} was changed`);
      const inspection = await inspectImage(path);
      requireSafeImage(inspection, 'qcow2', path);
      if (inspection.virtualSizeBytes !== disk.virtualSizeBytes)
        throw backupBroken(id, `${path} has another size`);
    }
  }

  async #read(id: string): Promise<BackupManifest> {
    const path = join(this.directory, id, BACKUP_MANIFEST);
    const size = await sizeOf(path);
    if (size === undefined || size > MAX_MANIFEST_BYTES)
      throw backupBroken(id, `${path} is missing, or no manifest`);
    return readBackupManifest(await readFile(path, 'utf8'), id);
  }
}

/** Ids of the instances that have backups in `root`. */
export async function instancesIn(root: string): Promise<readonly string[]> {
  return (await namesIn(root)).filter(isUuid).sort();
}

export function viewOf(set: BackupSet, manifest: BackupManifest): BackupView {
  const { id, instance, parent, createdAt, consistency, disks } = manifest;
  const bytes = disks.reduce((sum, disk) => sum + disk.bytes, 0);
  return {
    id,
    instance,
    kind: kindOf(manifest),
    parent,
    createdAt,
    consistency,
    bytes,
    path: set.pathOf(id),
  };
}

export async function digestOf(
  path: string,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(piece);
    onBytes(piece.length);
  }
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
