// Who has a disk already. Two guests that write to one disk destroy what is on it, so only readers may share.
import { realpath, stat } from 'node:fs/promises';
import { errnoCode, Fault } from '../../base/index.ts';
import { type Instance, sourceWords, type VolumeSource } from '../../model/index.ts';

/** What two sources have in common when they are one: the file's or device's number, or the server's words. */
async function identityOf(source: VolumeSource): Promise<string | null> {
  switch (source.kind) {
    case 'own':
      return null; // in the instance's directory, with the volume's id in its name
    case 'file':
    case 'block':
      return await pathIdentity(source.path);
    case 'nbd':
    case 'iscsi':
      return sourceWords(source);
    default:
      return source satisfies never;
  }
}

/** Throws `DISK_IN_USE` unless nobody has it, or everybody only reads it. */
export async function requireUnshared(
  instances: readonly Instance[],
  source: VolumeSource,
  readOnly: boolean,
): Promise<void> {
  const wanted = await identityOf(source);
  if (wanted === null) return;
  for (const instance of instances) {
    for (const other of await usesOf(instance)) {
      if (other.identity !== wanted || (readOnly && other.readOnly)) continue;
      throw new Fault(
        'conflict',
        'DISK_IN_USE',
        `Instance ${instance.name} has ${sourceWords(source)} already, as ${other.target}`,
        {
          hint: readOnly
            ? `It writes to it. Detach it there first: novalet disk detach ${instance.name} ${other.target}`
            : 'Guests that all attach it with --read-only may share it.',
          details: { instance: instance.name, target: other.target },
        },
      );
    }
  }
}

interface Use {
  readonly identity: string | null;
  readonly target: string;
  readonly readOnly: boolean;
}

async function usesOf({ volumes, adoption }: Instance): Promise<readonly Use[]> {
  const uses: Use[] = [];
  for (const { source, target, readOnly } of volumes) {
    if (source !== null) uses.push({ identity: await identityOf(source), target, readOnly });
  }
  for (const { source, target, device } of adoption?.disks ?? []) {
    if (source === null || volumes.some((volume) => volume.target === target)) continue;
    uses.push({ identity: await pathIdentity(source), target, readOnly: device === 'cdrom' });
  }
  return uses;
}

async function pathIdentity(path: string): Promise<string> {
  try {
    const facts = await stat(await realpath(path));
    return facts.isBlockDevice() ? `device ${facts.rdev}` : `file ${facts.dev}:${facts.ino}`;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return `path ${path}`; // it is gone, or not ours to see: then only its name speaks for it
  }
}
