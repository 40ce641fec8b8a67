// Which disk is meant by a word: a target, or a volume's id or its beginning. Pure.
import { Fault } from '../../base/index.ts';
import type { Disk, Instance, Volume } from '../../model/index.ts';

/** So that `v` and `da` mean nothing. */
const SHORTEST_ID = 4;

export type FoundDisk =
  | { readonly kind: 'volume'; readonly volume: Volume }
  /** One that it was launched with; `medium`: what stands in its CD drive instead. */
  | { readonly kind: 'launched'; readonly disk: Disk; readonly medium: Volume | undefined };

/** Throws `DISK_NOT_ATTACHED`. */
export function findDisk(instance: Instance, word: string): FoundDisk {
  const disk = instance.disks.find(({ target }) => target === word);
  const volume = findVolume(instance, word);
  if (disk !== undefined) return { kind: 'launched', disk, medium: volume };
  if (volume !== undefined) return { kind: 'volume', volume };
  throw notAttached(instance, word);
}

export function findVolume({ volumes }: Instance, word: string): Volume | undefined {
  const byTarget = volumes.find(({ target }) => target === word);
  if (byTarget !== undefined || word.length < SHORTEST_ID) return byTarget;
  const [first, ...others] = volumes.filter(({ id }) => id.startsWith(word));
  return others.length === 0 ? first : undefined;
}

export function notAttached({ name }: Instance, word: string): Fault {
  return new Fault('not-found', 'DISK_NOT_ATTACHED', `Instance ${name} has no disk "${word}"`, {
    hint: `novalet disk list ${name} shows the disks.`,
    details: { disk: word },
  });
}
