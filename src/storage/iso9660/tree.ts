// The files of a volume as a tree. Knows the limits that every view shares; knows no bytes on the medium.
import { Fault } from '../../base/index.ts';

export interface IsoFile {
  readonly kind: 'file';
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface IsoDirectory {
  readonly kind: 'directory';
  /** Empty for the root. */
  readonly name: string;
  readonly children: Map<string, IsoNode>;
}

export type IsoNode = IsoFile | IsoDirectory;

/** ECMA-119 has 8 levels; every reader in use today follows more. */
const MAX_DEPTH = 32;
/** A component's limit in Linux, and what the tests prove for Rock Ridge. */
const MAX_NAME_BYTES = 255;
/** A directory's number in a path table has 16 bits. */
const MAX_DIRECTORIES = 65_535;

/**
 * Makes the tree of `files`, whose keys are paths such as `openstack/latest/meta_data.json`. Throws `ISO_PATH_INVALID`
 * (an empty, `.` or `..` component, a NUL, a component over 255 bytes, more than 32 levels), `ISO_PATH_CONFLICT` (one
 * path is a file and a directory) or `ISO_TOO_MANY_DIRECTORIES`.
 */
export function makeTree(files: ReadonlyMap<string, Uint8Array>): IsoDirectory {
  const root: IsoDirectory = { kind: 'directory', name: '', children: new Map() };
  let directories = 1;
  for (const [path, bytes] of files) {
    const components = path.split('/');
    if (components.length > MAX_DEPTH) throw pathFault(path, `it has more than ${MAX_DEPTH} levels`);
    const name = components.pop() ?? '';
    let directory = root;
    for (const component of components) {
      const next = directory.children.get(component) ?? makeDirectory(component, path);
      if (next.kind === 'file') throw conflict(path);
      if (!directory.children.has(component)) directories += 1;
      directory.children.set(component, next);
      directory = next;
    }
    checkName(name, path);
    if (directory.children.has(name)) throw conflict(path);
    directory.children.set(name, { kind: 'file', name, bytes });
  }
  if (directories > MAX_DIRECTORIES) throw tooManyDirectories(directories);
  return root;
}

function makeDirectory(name: string, path: string): IsoDirectory {
  checkName(name, path);
  return { kind: 'directory', name, children: new Map() };
}

function checkName(name: string, path: string): void {
  if (name === '' || name === '.' || name === '..') throw pathFault(path, `"${name}" is no name`);
  if (name.includes('\0') || !name.isWellFormed()) throw pathFault(path, 'a name is not valid Unicode text');
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw pathFault(path, `a name is longer than ${MAX_NAME_BYTES} bytes`);
  }
}

function pathFault(path: string, why: string): Fault {
  return new Fault(
    'invalid',
    'ISO_PATH_INVALID',
    `The path ${JSON.stringify(path.slice(0, 200))} cannot be stored in an ISO 9660 volume: ${why}`,
    { hint: 'Use relative paths with plain names, without "." and "..".' },
  );
}

function conflict(path: string): Fault {
  return new Fault(
    'invalid',
    'ISO_PATH_CONFLICT',
    `The path ${JSON.stringify(path)} is used for a file and for a directory of an ISO 9660 volume`,
    { hint: 'Rename one of the two.' },
  );
}

function tooManyDirectories(count: number): Fault {
  return new Fault(
    'invalid',
    'ISO_TOO_MANY_DIRECTORIES',
    `An ISO 9660 volume holds at most ${MAX_DIRECTORIES} directories, and ${count} were asked for`,
    { hint: 'Pack the files into an archive.' },
  );
}
