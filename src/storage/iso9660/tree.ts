// Which files can stand in an ISO 9660 volume: the limits that every view shares. Knows no bytes on the medium.
import { Fault } from '../../base/index.ts';
import { type NameRules, type VolumeDirectory, volumeTree } from '../volume-tree.ts';

/** A component's limit in Linux, and what the tests prove for Rock Ridge. */
const MAX_NAME_BYTES = 255;
/** A directory's number in a path table has 16 bits. */
const MAX_DIRECTORIES = 65_535;

/**
 * Makes the tree of `files`, whose keys are paths such as `openstack/latest/meta_data.json`. Throws `ISO_PATH_INVALID`
 * (an empty, `.` or `..` component, a NUL, a component over 255 bytes, more than 32 levels), `ISO_PATH_CONFLICT` (one
 * path is a file and a directory) or `ISO_TOO_MANY_DIRECTORIES`.
 */
export function makeTree(files: ReadonlyMap<string, Uint8Array>): VolumeDirectory {
  const root = volumeTree(files, RULES);
  const directories = countDirectories(root);
  if (directories <= MAX_DIRECTORIES) return root;
  throw new Fault(
    'invalid',
    'ISO_TOO_MANY_DIRECTORIES',
    `An ISO 9660 volume holds at most ${MAX_DIRECTORIES} directories, and ${directories} were asked for`,
    { hint: 'Pack the files into an archive.' },
  );
}

const RULES: NameRules = {
  problemOf,
  keyOf: (name) => name,
  invalid: (path, why) =>
    new Fault(
      'invalid',
      'ISO_PATH_INVALID',
      `The path ${JSON.stringify(path.slice(0, 200))} cannot be stored in an ISO 9660 volume: ${why}`,
      { hint: 'Use relative paths with plain names, without "." and "..".' },
    ),
  conflict: (path) =>
    new Fault(
      'invalid',
      'ISO_PATH_CONFLICT',
      `The path ${JSON.stringify(path.slice(0, 200))} is used for a file and for a directory of an ISO 9660 volume`,
      { hint: 'Rename one of the two.' },
    ),
};

function problemOf(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return `"${name}" is no name`;
  if (name.includes('\0') || !name.isWellFormed()) return 'a name is not valid Unicode text';
  return Buffer.byteLength(name) > MAX_NAME_BYTES
    ? `a name is longer than ${MAX_NAME_BYTES} bytes`
    : undefined;
}

/** The given one, and all below it. */
function countDirectories({ children }: VolumeDirectory): number {
  let count = 1;
  for (const node of children.values()) if (node.kind === 'directory') count += countDirectories(node);
  return count;
}
