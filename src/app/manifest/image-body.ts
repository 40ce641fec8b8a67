// `images:` and `flavors:` of a manifest.
import { resolve } from 'node:path';
import { defined, GIB, MIB } from '../../base/index.ts';
import type { WantedImage } from '../../compute/index.ts';
import { DISK_FORMATS, type Flavor } from '../../model/index.ts';
import type { Spot } from './findings.ts';
import {
  aBody,
  aCount,
  aDictionary,
  aSize,
  aText,
  aTextLike,
  type Body,
  oneWordOf,
  requireKey,
} from './readers.ts';
import type { Tree } from './tree.ts';

export const imageFields = {
  url: aTextLike(/^https?:\/\/./, 'does not begin with http:// or https://'),
  file: aText,
  catalogue: aText,
  sha256: aTextLike(/^[0-9a-fA-F]{64}$/, 'is not 64 hexadecimal digits'),
  disk_format: oneWordOf(...DISK_FORMATS),
  min_disk: aSize(GIB, 'GiB', 0),
  min_ram: aSize(MIB, 'MiB', 0),
  properties: aDictionary,
};

const imageBody = aBody(imageFields);

/** `directory`: what a file's name is relative to. */
export function readImage(
  name: string,
  tree: Tree,
  { at, directory }: { readonly at: Spot; readonly directory: string },
): WantedImage | undefined {
  const body = imageBody(tree, at);
  if (body === undefined) return undefined;
  const from = originOf(body, at, directory);
  const { sha256, disk_format: diskFormat, min_disk: minDiskGiB, min_ram: minRamMiB, properties } = body;
  if (from?.kind === 'catalogue' && (sha256 ?? diskFormat) !== undefined)
    at.refuse('has sha256 or disk_format beside catalogue, which says both itself');
  if (from === undefined) return undefined;
  return {
    name,
    from,
    ...defined({ sha256: sha256?.toLowerCase(), diskFormat, minDiskGiB, minRamMiB, properties }),
  };
}

function originOf(
  { url, file, catalogue }: Body<{ url: typeof aText; file: typeof aText; catalogue: typeof aText }>,
  at: Spot,
  directory: string,
): WantedImage['from'] | undefined {
  const [first, second] = [url, file, catalogue].filter((source) => source !== undefined);
  if (first === undefined || second !== undefined) return at.refuse('needs one of url, file and catalogue');
  if (catalogue !== undefined) return { kind: 'catalogue', name: catalogue };
  return { kind: 'source', source: file === undefined ? first : resolve(directory, file) };
}

export const flavorFields = {
  vcpus: aCount(1),
  memory: aSize(MIB, 'MiB', 1),
  disk: aSize(GIB, 'GiB', 0),
  ephemeral: aSize(GIB, 'GiB', 0),
  swap: aSize(MIB, 'MiB', 0),
  extra_specs: aDictionary,
};

const flavorBody = aBody(flavorFields);

export function readFlavor(name: string, tree: Tree, at: Spot): Flavor | undefined {
  const body = flavorBody(tree, at);
  if (body === undefined) return undefined;
  if (body.memory === undefined) return requireKey(tree, at, 'memory', ', for example memory: 2G');
  return {
    name,
    vcpus: body.vcpus ?? 1,
    memoryMiB: body.memory,
    rootGiB: body.disk ?? 0,
    ephemeralGiB: body.ephemeral ?? 0,
    swapMiB: body.swap ?? 0,
    extraSpecs: body.extra_specs ?? {},
  };
}
