// What a resized instance goes back to. Pure.
import type { Instance } from '../../model/index.ts';
import { clearOf } from './resized-disks.ts';

/** The record as it was before the resize; disks that were attached meanwhile stay, under the names that they have. */
export function atOldSize(instance: Instance): Instance {
  const { resize, volumes } = instance;
  if (resize === null) return instance;
  const { flavor, hardware, numa, disks } = resize;
  const taken = volumes.map(({ target }) => target);
  return { ...instance, flavor, hardware, numa, disks: clearOf(disks, taken), resize: null };
}

/** Files that the resize made and that were not there before. */
export function addedFiles({ disks, resize }: Pick<Instance, 'disks' | 'resize'>): readonly string[] {
  const before = new Set(resize?.disks.map(({ fileName }) => fileName));
  return disks.flatMap(({ fileName }) => (before.has(fileName) ? [] : [fileName]));
}
