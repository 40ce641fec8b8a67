// Choosing a vendor's image by name: `debian:12` on `x86_64` → a URL, the list of checksums to hold it to, and properties.
import { readFile } from 'node:fs/promises';
import { errnoCode, Fault } from '../../base/index.ts';
import { openFault } from '../inspection/index.ts';
import type { CatalogueDocument } from './catalogue-document.ts';

export interface CatalogueImage {
  /** The name in the catalogue, whatever alias was asked for. */
  readonly name: string;
  readonly url: string;
  /** Where the checksums are; what `fetchImage` takes as `checksum`. */
  readonly checksum: string;
  readonly arch: string;
  /** Image properties, `architecture`, `os_type` and `hw_qemu_guest_agent` among them. */
  readonly properties: Readonly<Record<string, string>>;
}

export type Catalogue = CatalogueDocument;

/** Reads the catalogue at `path`. Throws `CATALOGUE_INVALID`, `FILE_MISSING`, `FILE_DENIED`. */
export async function loadCatalogue(path: string): Promise<Catalogue> {
  const { parseCatalogue } = await import('./catalogue-document.ts');
  try {
    return parseCatalogue(await readFile(path, 'utf8'), path);
  } catch (error) {
    throw errnoCode(error) === undefined ? error : openFault(path, error);
  }
}

/**
 * The image that `name` (or an alias) stands for on `arch` (`x86_64`, `aarch64`). `mirrors` replaces vendors' addresses by
 * mirrors of the same layout. Throws `CATALOGUE_IMAGE_UNKNOWN`, `CATALOGUE_ARCH_UNKNOWN`.
 */
export function resolveCatalogue(
  catalogue: Catalogue,
  name: string,
  arch: string,
  mirrors: Readonly<Record<string, string>> = {},
): CatalogueImage {
  const image = catalogue.images.find((entry) => entry.name === name || entry.aliases.includes(name));
  if (image === undefined) {
    throw new Fault('not-found', 'CATALOGUE_IMAGE_UNKNOWN', `There is no image "${name}" in the catalogue`, {
      hint: `It has: ${catalogue.images.map((entry) => entry.name).join(', ')}.`,
    });
  }
  const build = image.builds[arch];
  if (build === undefined) {
    throw new Fault(
      'unsupported',
      'CATALOGUE_ARCH_UNKNOWN',
      `The catalogue has no ${image.name} for ${arch}`,
      {
        hint: `It has it for: ${Object.keys(image.builds).join(', ')}.`,
      },
    );
  }
  const base = (mirrors[image.mirror] ?? catalogue.mirrors[image.mirror] ?? '').replace(/\/+$/, '');
  return {
    name: image.name,
    arch,
    url: `${base}/${build.file}`,
    checksum: `${base}/${build.checksums}`,
    properties: { os_type: 'linux', hw_qemu_guest_agent: 'yes', architecture: arch, ...image.properties },
  };
}
