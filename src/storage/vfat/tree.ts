// Which files can stand in a VFAT volume: the limits of its long names. Knows no bytes on the medium.
import { Fault } from '../../base/index.ts';
import { type NameRules, type VolumeDirectory, type VolumeNode, volumeTree } from '../volume-tree.ts';

/** UTF-16 units: twenty entries of thirteen, less what Linux and Windows keep back. */
const MAX_NAME_UNITS = 255;
/** Windows forbids them, and Linux does as Windows. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the specification forbids exactly these
const FORBIDDEN = /[\x00-\x1f\x7f"*/:<>?\\|]/;

/**
 * Makes the tree of `files`, whose keys are paths such as `openstack/latest/meta_data.json`. Throws `VFAT_PATH_INVALID` (a
 * name that VFAT does not take, more than 32 levels) or `VFAT_PATH_CONFLICT` (one path is a file and a directory, or two
 * names differ in case alone).
 */
export function makeTree(files: ReadonlyMap<string, Uint8Array>): VolumeDirectory {
  return volumeTree(files, RULES);
}

/** By the given names, so that the order in which the files were handed over counts for nothing. */
export function sortedChildren({ children }: VolumeDirectory): readonly VolumeNode[] {
  return [...children.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

const RULES: NameRules = {
  problemOf,
  keyOf: (name) => name.toUpperCase(), // the same to VFAT when they differ in case alone
  invalid: (path, why) =>
    new Fault(
      'invalid',
      'VFAT_PATH_INVALID',
      `The path ${JSON.stringify(path.slice(0, 200))} cannot be stored in a VFAT volume: ${why}`,
      { hint: 'Use plain names, or config_drive_format: iso9660.' },
    ),
  conflict: (path) =>
    new Fault(
      'invalid',
      'VFAT_PATH_CONFLICT',
      `The path ${JSON.stringify(path.slice(0, 200))} of a VFAT volume is used twice; case does not count there`,
      { hint: 'Rename one of the two, or use config_drive_format: iso9660.' },
    ),
};

function problemOf(name: string): string | undefined {
  if (name === '' || /[. ]$/.test(name)) return 'a name is empty, or ends in a dot or a blank';
  if (name.startsWith(' ')) return 'a name begins with a blank';
  if (!name.isWellFormed()) return 'a name is not valid Unicode text';
  if (FORBIDDEN.test(name)) return 'a name has a control character or one of " * : < > ? \\ |';
  return name.length > MAX_NAME_UNITS ? `a name has more than ${MAX_NAME_UNITS} characters` : undefined;
}
