// Which disks an instance has too many and too few, of those that files of wishes name. Pure. One is known again by its name;
// those without one, which somebody attached otherwise, are left alone.
import { isDeepStrictEqual } from 'node:util';
import { formatBytes } from '../../base/index.ts';
import { type DiskBus, type Image, type Instance, sourceWords, type Volume } from '../../model/index.ts';
import type { DiskWish, Medium } from '../disks/disk-requests.ts';
import { checkedSize } from '../disks/disk-size.ts';
import type { Change } from './change.ts';
import type { WantedDisk } from './requests.ts';

/** What a wish is compared in. */
export interface DiskPlaces {
  /** Undefined for one that is still to be made. */
  readonly imageOf: (ref: string) => Image | undefined;
  /** What a path leads to, as the record has it. */
  readonly realPath: (path: string) => string;
}

/** Where nothing comes or goes while the guest runs. */
const COLD: ReadonlySet<DiskBus> = new Set(['ide', 'sata', 'fdc']);

/** One for each disk that differs. */
export function disksChanges(
  wanted: readonly WantedDisk[] | undefined,
  { id, volumes }: Pick<Instance, 'id' | 'volumes'>,
  places: DiskPlaces,
): readonly Change[] {
  if (wanted === undefined) return [];
  const gone = volumes.filter(({ name }) => name !== undefined && wanted.every((one) => one.name !== name));
  return [
    ...gone.map((volume) => detachment(id, volume)),
    ...wanted.flatMap((disk) => {
      const volume = volumes.find(({ name }) => name === disk.name);
      const change = volume === undefined ? attachment(id, disk) : difference(id, { volume, disk }, places);
      return change ?? [];
    }),
  ];
}

/** Why nothing can be done about a difference; null where there is none, or it can. */
export function diskProblem(
  wanted: readonly WantedDisk[] | undefined,
  { volumes }: Pick<Instance, 'volumes'>,
  places: DiskPlaces,
): string | null {
  for (const disk of wanted ?? []) {
    const volume = volumes.find(({ name }) => name === disk.name);
    if (volume === undefined || !isSameSource(volume, disk.source, places)) continue;
    if (volume.source?.kind === 'own' && volume.device === 'disk' && !isSamePlace(volume, disk))
      return `disk ${disk.name} can change neither its bus nor whether the guest may write: what is on it would be lost`;
  }
  return null;
}

/** Of a wish for a disk. */
export function isCold({ bus }: Pick<WantedDisk, 'bus'>): boolean {
  return bus !== undefined && COLD.has(bus);
}

/** For people; `sourceWords` of what is only wished for. */
export function wishWords({ source, device, bus, readOnly }: Omit<WantedDisk, 'name'>): string {
  const traits = [device === 'cdrom' ? 'CD' : undefined, bus, readOnly === true ? 'read only' : undefined];
  return [sourceWishWords(source), ...traits].filter((word) => word !== undefined).join(', ');
}

interface Pair {
  readonly volume: Volume;
  readonly disk: WantedDisk;
}

function attachment(id: string, disk: WantedDisk): Change {
  return {
    differences: [{ key: keyOf(disk), from: null, to: wishWords(disk) }],
    acts: [{ kind: 'attach-disk', id, disk }],
    needs: isCold(disk) ? ['stop'] : [],
  };
}

function detachment(id: string, volume: Volume): Change {
  return {
    differences: [{ key: keyOf(volume), from: volumeWords(volume), to: null }],
    acts: [{ kind: 'detach-disk', id, volume: volume.id }],
    needs: isCold(volume) ? ['stop'] : [],
  };
}

/** Another medium is put into the drive that is there; of a disk that is too small the rest is added. */
function difference(id: string, { volume, disk }: Pair, places: DiskPlaces): Change | undefined {
  const key = keyOf(disk);
  if (isSameSource(volume, disk.source, places) && isSamePlace(volume, disk)) {
    const [from, to] = [volume.sizeBytes, sizeOf(disk.source)];
    if (volume.device !== 'disk' || from === null || to === undefined || to <= from) return undefined;
    return {
      differences: [{ key: `${key}.size`, from: formatBytes(from), to: formatBytes(to) }],
      acts: [{ kind: 'grow-disk', id, volume: volume.id, sizeBytes: to }],
      needs: [],
    };
  }
  const differences = [{ key, from: volumeWords(volume), to: wishWords(disk) }];
  const medium = mediumOf(disk.source, places);
  if (volume.device === 'cdrom' && isSamePlace(volume, disk) && medium !== undefined) {
    const act = { kind: 'change-medium' as const, id, target: volume.target, medium };
    return { differences, acts: [act], needs: [] };
  }
  const [out, into] = [detachment(id, volume), attachment(id, disk)];
  const isOwn = volume.source?.kind === 'own' && volume.device === 'disk';
  const needs = [...new Set([...out.needs, ...into.needs])];
  return {
    differences,
    acts: [...out.acts, ...into.acts],
    needs: isOwn ? [...needs, 'exchange'] : needs,
  };
}

/** What nothing is said of, is as it is. */
function isSamePlace(volume: Volume, { source, device, bus, readOnly }: WantedDisk): boolean {
  if (bus !== undefined && bus !== volume.bus) return false;
  const kind = device ?? (source.kind === 'image' || source.kind === 'none' ? undefined : 'disk');
  if (kind !== undefined && kind !== volume.device) return false;
  return volume.device === 'cdrom' || volume.readOnly === (readOnly ?? false);
}

/** Disks never shrink: one that is larger than is wished for is as it shall be. */
function isSameSource(volume: Volume, wish: DiskWish, { imageOf, realPath }: DiskPlaces): boolean {
  const { source, imageId } = volume;
  switch (wish.kind) {
    case 'none':
      return source === null;
    case 'kept':
      return source?.kind === 'own' && volume.id.startsWith(wish.id);
    case 'new':
      return source?.kind === 'own' && imageId === undefined;
    case 'image':
      return source?.kind === 'own' && imageId !== undefined && imageId === imageOf(wish.image)?.id;
    case 'file': {
      const { format, path } = wish;
      const isIt = source?.kind === 'file' && source.path === realPath(path);
      return isIt && (format === undefined || format === source.format);
    }
    case 'block':
    case 'nbd':
    case 'iscsi':
      return isDeepStrictEqual(source, wish);
    default:
      return wish satisfies never;
  }
}

/** Throws `DISK_SIZE_INVALID`. */
export function sizeOf(wish: DiskWish): number | undefined {
  if (wish.kind !== 'new' && wish.kind !== 'image') return undefined;
  return wish.sizeBytes === undefined ? undefined : checkedSize(wish.sizeBytes);
}

/** Null for none; undefined for what is put into no drive. */
function mediumOf(wish: DiskWish, { imageOf }: DiskPlaces): Medium | null | undefined {
  switch (wish.kind) {
    case 'none':
      return null;
    case 'file':
      return { kind: 'file', path: wish.path };
    case 'image':
      return (imageOf(wish.image)?.diskFormat ?? 'iso') === 'iso' ? wish : undefined;
    default:
      return undefined;
  }
}

function keyOf({ name }: { readonly name?: string }): string {
  return `disks.${name}`;
}

function volumeWords({ source, sizeBytes }: Volume): string {
  if (source?.kind !== 'own') return sourceWords(source);
  return sizeBytes === null ? 'a file of its own' : `${formatBytes(sizeBytes)} of its own`;
}

function sourceWishWords(wish: DiskWish): string {
  switch (wish.kind) {
    case 'none':
      return sourceWords(null);
    case 'kept':
      return `${wish.id}, which was kept`;
    case 'new':
      return formatBytes(wish.sizeBytes);
    case 'image':
      return `image ${wish.image}${wish.sizeBytes === undefined ? '' : `, ${formatBytes(wish.sizeBytes)}`}`;
    case 'file':
      return `file ${wish.path}`;
    case 'block':
    case 'nbd':
    case 'iscsi':
      return sourceWords(wish);
    default:
      return wish satisfies never;
  }
}
