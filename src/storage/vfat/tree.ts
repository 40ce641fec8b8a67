// The files of a volume as a tree, with the limits of VFAT's long names. Knows no bytes on the medium.
import { Fault } from '../../base/index.ts';

export interface VfatFile {
  readonly kind: 'file';
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface VfatDirectory {
  readonly kind: 'directory';
  /** Empty for the root. */
  readonly name: string;
  /** By `foldedName`. */
  readonly children: Map<string, VfatNode>;
}

export type VfatNode = VfatFile | VfatDirectory;

const MAX_DEPTH = 32;
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
export function makeTree(files: ReadonlyMap<string, Uint8Array>): VfatDirectory {
  const root: VfatDirectory = { kind: 'directory', name: '', children: new Map() };
  for (const [path, bytes] of files) {
    const components = path.split('/');
    if (components.length > MAX_DEPTH) throw pathFault(path, `it has more than ${MAX_DEPTH} levels`);
    const name = components.pop() ?? '';
    let directory = root;
    for (const component of components) directory = childDirectory(directory, component, path);
    checkName(name, path);
    const key = foldedName(name);
    if (directory.children.has(key)) throw conflict(path);
    directory.children.set(key, { kind: 'file', name, bytes });
  }
  return root;
}

/** By the given names, so that the order in which the files were handed over counts for nothing. */
export function sortedChildren({ children }: VfatDirectory): readonly VfatNode[] {
  return [...children.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function childDirectory(directory: VfatDirectory, name: string, path: string): VfatDirectory {
  checkName(name, path);
  const key = foldedName(name);
  const known = directory.children.get(key);
  if (known === undefined) {
    const made: VfatDirectory = { kind: 'directory', name, children: new Map() };
    directory.children.set(key, made);
    return made;
  }
  if (known.kind === 'file' || known.name !== name) throw conflict(path);
  return known;
}

/** Names are the same to VFAT when they differ in case alone. */
function foldedName(name: string): string {
  return name.toUpperCase();
}

function checkName(name: string, path: string): void {
  if (name === '' || /[. ]$/.test(name))
    throw pathFault(path, 'a name is empty, or ends in a dot or a blank');
  if (name.startsWith(' ')) throw pathFault(path, 'a name begins with a blank');
  if (!name.isWellFormed()) throw pathFault(path, 'a name is not valid Unicode text');
  if (FORBIDDEN.test(name))
    throw pathFault(path, 'a name has a control character or one of " * : < > ? \\ |');
  if (name.length > MAX_NAME_UNITS)
    throw pathFault(path, `a name has more than ${MAX_NAME_UNITS} characters`);
}

function pathFault(path: string, why: string): Fault {
  return new Fault(
    'invalid',
    'VFAT_PATH_INVALID',
    `The path ${JSON.stringify(path.slice(0, 200))} cannot be stored in a VFAT volume: ${why}`,
    { hint: 'Use plain names, or config_drive_format: iso9660.' },
  );
}

function conflict(path: string): Fault {
  return new Fault(
    'invalid',
    'VFAT_PATH_CONFLICT',
    `The path ${JSON.stringify(path.slice(0, 200))} of a VFAT volume is used twice; case does not count there`,
    { hint: 'Rename one of the two, or use config_drive_format: iso9660.' },
  );
}
