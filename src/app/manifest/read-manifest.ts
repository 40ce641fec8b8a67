// Manifests as people write them → what the engine takes. Every mistake of every file is found before anything is refused.
// Format: docs/apply.md.
import { dirname, resolve } from 'node:path';
import { asFault } from '../../base/index.ts';
import type { Manifest } from '../../compute/index.ts';
import { Findings, Spot } from './findings.ts';
import { readFlavor, readImage } from './image-body.ts';
import { type ReadsFile, readInstance } from './instance-body.ts';
import { readNetwork, readPort } from './network-body.ts';
import { aBody, type Reads } from './readers.ts';
import { type Entry, readTree, type Tree } from './tree.ts';

export interface ManifestText {
  /** For messages, and what files that it names are relative to. */
  readonly file: string;
  readonly text: string;
}

/** The form that this version reads. */
const FORM = 1;

const theForm: Reads<number> = (tree, at) =>
  tree.kind === 'scalar' && tree.value === FORM
    ? FORM
    : at.refuse(`is not ${FORM}, the form that this version reads`);

/** The names below, with what they stand for. */
const aSection: Reads<readonly Entry[]> = (tree, at) =>
  tree.kind === 'map' ? tree.entries : at.refuse('is not a map of names');

export const sections = {
  novalet: theForm,
  images: aSection,
  flavors: aSection,
  networks: aSection,
  ports: aSection,
  instances: aSection,
};
const document = aBody(sections);

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** `read` gives a file's bytes, by its absolute path. Throws `MANIFEST_INVALID`. */
export async function readManifest(
  texts: readonly ManifestText[],
  read: (path: string) => Promise<Buffer>,
): Promise<Manifest> {
  const findings = new Findings();
  const manifest: Mutable<Manifest> = { images: [], flavors: [], networks: [], ports: [], instances: [] };
  const names = new Map<string, string>();
  for (const { file, text } of texts) {
    const { tree, mistakes } = readTree(text);
    for (const mistake of mistakes) findings.add({ file, ...mistake });
    if (mistakes.length > 0) continue;
    const at = new Spot(findings, { file, line: 1, path: '' });
    await addDocument(manifest, tree, { at, names, directory: dirname(resolve(file)), read });
  }
  findings.throwIfAny();
  return manifest;
}

interface Source {
  readonly at: Spot;
  /** What is described, and in which file. */
  readonly names: Map<string, string>;
  readonly directory: string;
  readonly read: (path: string) => Promise<Buffer>;
}

async function addDocument(manifest: Mutable<Manifest>, tree: Tree | null, source: Source): Promise<void> {
  const { at, directory } = source;
  const body = tree === null ? {} : document(tree, at);
  if (body === undefined) return;
  const isTold = tree?.kind === 'map' && tree.entries.some(({ key }) => key === 'novalet');
  if (!isTold) at.refuse(`needs "novalet: ${FORM}" at the top, which says what form it has`);
  for (const [name, value, spot] of namedIn('images', body.images, source)) {
    const image = readImage(name, value, { at: spot, directory });
    if (image !== undefined) manifest.images.push(image);
  }
  for (const [name, value, spot] of namedIn('flavors', body.flavors, source)) {
    const flavor = readFlavor(name, value, spot);
    if (flavor !== undefined) manifest.flavors.push(flavor);
  }
  for (const [name, value, spot] of namedIn('networks', body.networks, source)) {
    const network = readNetwork(name, value, spot);
    if (network !== undefined) manifest.networks.push(network);
  }
  for (const [name, value, spot] of namedIn('ports', body.ports, source)) {
    const port = readPort(name, value, spot);
    if (port !== undefined) manifest.ports.push(port);
  }
  for (const [name, value, spot] of namedIn('instances', body.instances, source)) {
    const instance = await readInstance(name, value, { at: spot, directory, readFile: fileReader(source) });
    if (instance !== undefined) manifest.instances.push(instance);
  }
}

/** Says of a name that another file has it too. */
function namedIn(
  section: string,
  entries: readonly Entry[] | undefined,
  { at, names }: Source,
): readonly (readonly [string, Tree, Spot])[] {
  return (entries ?? []).map(({ key, line, value }) => {
    const spot = at.member(`${section}.${key}`, line);
    const other = names.get(`${section}.${key}`);
    if (other !== undefined) spot.refuse(`is described in ${other} too`);
    names.set(`${section}.${key}`, at.file);
    return [key, value, spot] as const;
  });
}

function fileReader({ directory, read }: Source): ReadsFile {
  return async (name, at) => {
    try {
      return await read(resolve(directory, name));
    } catch (error) {
      return at.refuse(`cannot be read: ${asFault(error).message}`);
    }
  };
}
