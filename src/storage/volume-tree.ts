// The files of a volume as a tree, by the rules of its kind: which names it takes, and which are the same to it. Knows no
// bytes on the medium.
import type { Fault } from '../base/index.ts';

export interface VolumeFile {
  readonly kind: 'file';
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface VolumeDirectory {
  readonly kind: 'directory';
  /** Empty for the root. */
  readonly name: string;
  /** By the key of their names. */
  readonly children: Map<string, VolumeNode>;
}

export type VolumeNode = VolumeFile | VolumeDirectory;

export interface NameRules {
  /** What is wrong with a name; undefined for one that can stand there. */
  readonly problemOf: (name: string) => string | undefined;
  /** The same for names that are one to the volume. */
  readonly keyOf: (name: string) => string;
  /** For a path that cannot stand there. */
  readonly invalid: (path: string, why: string) => Fault;
  /** For a path whose place is taken: a name is a file's and a directory's, or two names have one key. */
  readonly conflict: (path: string) => Fault;
}

/** ECMA-119 has 8 levels; every reader in use today follows more. */
const MAX_DEPTH = 32;

/** The tree of `files`, whose keys are paths such as `openstack/latest/meta_data.json`. Throws the faults of the rules. */
export function volumeTree(files: ReadonlyMap<string, Uint8Array>, rules: NameRules): VolumeDirectory {
  const root: VolumeDirectory = { kind: 'directory', name: '', children: new Map() };
  for (const [path, bytes] of files) {
    const names = path.split('/');
    if (names.length > MAX_DEPTH) throw rules.invalid(path, `it has more than ${MAX_DEPTH} levels`);
    const problem = names.map(rules.problemOf).find((found) => found !== undefined);
    if (problem !== undefined) throw rules.invalid(path, problem);
    const name = names.pop() ?? '';
    let directory = root;
    for (const below of names)
      directory = childDirectory(directory, below, () => rules.conflict(path), rules);
    const key = rules.keyOf(name);
    if (directory.children.has(key)) throw rules.conflict(path);
    directory.children.set(key, { kind: 'file', name, bytes });
  }
  return root;
}

/** The directory of this name, which is made where there is none. */
function childDirectory(
  { children }: VolumeDirectory,
  name: string,
  conflict: () => Fault,
  { keyOf }: NameRules,
): VolumeDirectory {
  const key = keyOf(name);
  const known = children.get(key) ?? { kind: 'directory', name, children: new Map() };
  if (known.kind === 'file' || known.name !== name) throw conflict();
  children.set(key, known);
  return known;
}
