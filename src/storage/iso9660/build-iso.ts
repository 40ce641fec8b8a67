// An ISO 9660 volume from files in memory, with Rock Ridge for Unix and Joliet for Windows; no program is run.
// Layout: system area, descriptors, path tables, plain directories and their continuation areas, Joliet directories,
// file contents. Equal contents are stored once. The same input gives the same bytes.
import { hash } from 'node:crypto';
import { Fault, formatBytes, GIB } from '../../base/index.ts';
import type { VolumeFile } from '../volume-tree.ts';
import { DirectoryView, type Extent } from './directory-view.ts';
import { SECTOR, sectorsFor } from './fields.ts';
import { jolietNaming, plainNaming } from './names.ts';
import { makeTree } from './tree.ts';
import { type DescriptorFacts, writeDescriptor, writeTerminator } from './volume-descriptor.ts';

export interface IsoRequest {
  /** 1 to 16 letters, digits, `_` and `-`: what all views can hold. */
  readonly volumeLabel: string;
  /** At most 64 characters of ASCII. */
  readonly publisher: string;
  /** Path → content, for example `openstack/latest/meta_data.json`. Directories follow from the paths. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Stands at every file and in the descriptors. Between 1900 and 2155. */
  readonly date: Date;
}

const PRIMARY_SECTOR = 16;
const JOLIET_SECTOR = 17;
const TERMINATOR_SECTOR = 18;
const PATH_TABLES_SECTOR = 19;
/** The whole volume is built in memory. */
const MAX_BYTES = GIB;

/**
 * Builds the volume; its length is a whole number of 2048-byte sectors. Throws `ISO_LABEL_INVALID`, `ISO_TOO_LARGE` (over
 * 1 GiB) and the faults of paths: `ISO_PATH_INVALID`, `ISO_PATH_CONFLICT`, `ISO_TOO_MANY_DIRECTORIES`.
 */
export function buildIso(request: IsoRequest): Uint8Array {
  checkLabels(request);
  const root = makeTree(request.files);
  const plain = new DirectoryView(root, { naming: plainNaming, rockRidge: true, date: request.date });
  const joliet = new DirectoryView(root, { naming: jolietNaming, rockRidge: false, date: request.date });
  const tables = placePathTables(plain, joliet);
  const contents = new Contents(joliet.place(plain.place(tables.end)));
  const paths = [...request.files].sort(([a], [b]) => (a < b ? -1 : 1)); // whatever order they came in
  for (const [, bytes] of paths) contents.add(bytes);
  if (contents.end * SECTOR > MAX_BYTES) throw tooLarge(contents.end * SECTOR);

  const image = Buffer.alloc(contents.end * SECTOR);
  const common = { ...request, volumeSectors: contents.end };
  writeDescriptor(image, PRIMARY_SECTOR, { ...common, kind: 'primary', ...tableFacts(plain, tables.plain) });
  writeDescriptor(image, JOLIET_SECTOR, { ...common, kind: 'joliet', ...tableFacts(joliet, tables.joliet) });
  writeTerminator(image, TERMINATOR_SECTOR);
  for (const [view, place] of [
    [plain, tables.plain],
    [joliet, tables.joliet],
  ] as const) {
    view.writePathTable(image, place.little, 'little');
    view.writePathTable(image, place.big, 'big');
    view.write(image, (file: VolumeFile) => contents.extentOf(file.bytes));
  }
  contents.write(image);
  return image;
}

interface TablePlace {
  readonly little: number;
  readonly big: number;
}

function placePathTables(plain: DirectoryView, joliet: DirectoryView) {
  const plainSectors = sectorsFor(plain.pathTableBytes);
  const jolietSectors = sectorsFor(joliet.pathTableBytes);
  const first = PATH_TABLES_SECTOR;
  const second = first + 2 * plainSectors;
  return {
    plain: { little: first, big: first + plainSectors },
    joliet: { little: second, big: second + jolietSectors },
    end: second + 2 * jolietSectors,
  };
}

function tableFacts(
  view: DirectoryView,
  place: TablePlace,
): Pick<DescriptorFacts, 'pathTableBytes' | 'littlePathTable' | 'bigPathTable' | 'rootRecord'> {
  return {
    pathTableBytes: view.pathTableBytes,
    littlePathTable: place.little,
    bigPathTable: place.big,
    rootRecord: view.rootRecord(),
  };
}

/** The files' bytes: where each content stands, equal ones in one place. */
class Contents {
  readonly #extents = new Map<Uint8Array, Extent>();
  readonly #byDigest = new Map<string, Extent>();
  #end: number;

  constructor(first: number) {
    this.#end = first;
  }

  get end(): number {
    return this.#end;
  }

  add(bytes: Uint8Array): void {
    if (this.#extents.has(bytes)) return;
    const digest = hash('sha256', bytes, 'base64');
    const known = this.#byDigest.get(digest);
    const extent = known ?? { sector: this.#end, sizeBytes: bytes.length };
    this.#extents.set(bytes, extent);
    if (known !== undefined) return;
    this.#byDigest.set(digest, extent);
    this.#end += Math.max(1, sectorsFor(bytes.length)); // an empty file gets a sector, so that it points inside the volume
  }

  extentOf(bytes: Uint8Array): Extent {
    const extent = this.#extents.get(bytes);
    if (extent === undefined) throw new RangeError('a content was never added');
    return extent;
  }

  write(image: Buffer): void {
    const written = new Set<Extent>();
    for (const [bytes, extent] of this.#extents) {
      if (written.has(extent)) continue;
      written.add(extent);
      image.set(bytes, extent.sector * SECTOR);
    }
  }
}

function checkLabels({ volumeLabel, publisher, date }: IsoRequest): void {
  const year = date.getUTCFullYear();
  const why = !/^[A-Za-z0-9_-]{1,16}$/.test(volumeLabel)
    ? `the label ${JSON.stringify(volumeLabel)} is not 1 to 16 letters, digits, "_" and "-"`
    : !/^[\x20-\x7e]{0,64}$/.test(publisher)
      ? 'the publisher is not at most 64 characters of ASCII'
      : !(year >= 1900 && year <= 2155)
        ? 'the date does not lie between the years 1900 and 2155'
        : undefined;
  if (why === undefined) return;
  throw new Fault('invalid', 'ISO_LABEL_INVALID', `An ISO 9660 volume cannot be built: ${why}`, {
    hint: 'Labels that guests look for are config-2 and cidata.',
  });
}

function tooLarge(bytes: number): Fault {
  return new Fault(
    'invalid',
    'ISO_TOO_LARGE',
    `An ISO 9660 volume would have ${formatBytes(bytes)}, more than the ${formatBytes(MAX_BYTES)} that are allowed`,
    { details: { bytes }, hint: 'Put large files on a disk or serve them over the network.' },
  );
}
