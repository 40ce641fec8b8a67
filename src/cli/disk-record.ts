// The disks of an instance as `show` tells them, for programs and for people: its own, and while it is rescued those that its
// domain has now.
import { formatBytes } from '../base/index.ts';
import type { InstanceView } from '../compute/index.ts';
import { type Disk, type Instance, sourceWords, type Volume } from '../model/index.ts';

type Disks = Pick<Instance, 'disks' | 'volumes' | 'adoption'>;
type Pairs = readonly (readonly [key: string, lines: readonly string[]])[];

/** An adopted domain's disks are as its XML names them; nobody looked how large they are. */
export function diskRecords({ disks, volumes, adoption }: Disks) {
  if (adoption !== null) {
    return adoption.disks.map(({ source, format, device, bus, target }) => ({
      role: null,
      file_name: source,
      format,
      device,
      bus,
      target,
      size_bytes: null,
      datasource: null,
    }));
  }
  const launched = disks.map((disk) => ({
    role: disk.role,
    file_name: disk.fileName,
    format: disk.format,
    device: disk.device,
    bus: disk.bus,
    target: disk.target,
    size_bytes: disk.sizeBytes,
    datasource: disk.role === 'config' ? (disk.datasource ?? 'config-drive') : null,
  }));
  const added = volumes.filter(({ target }) => !disks.some((disk) => disk.target === target));
  return [...launched, ...added.map(volumeRecord)];
}

/** `disk list` tells more of it. */
function volumeRecord({ source, device, bus, target, sizeBytes }: Volume) {
  return {
    role: 'volume' as const,
    file_name: source === null ? null : 'fileName' in source ? source.fileName : sourceWords(source),
    format: source === null ? null : 'format' in source ? source.format : ('raw' as const),
    device,
    bus,
    target,
    size_bytes: sizeBytes,
    datasource: null,
  };
}

/** What the domain of a rescued instance has: of the rescue, and of the instance. */
export function rescueDiskRecords({ instance, attached }: InstanceView) {
  const own = diskRecords({ ...attached, adoption: null });
  return own.map((disk) => ({ ...disk, is_own: isOwn(instance, disk.file_name) || disk.role === 'volume' }));
}

/** The rows that tell of disks; two while it is rescued, since neither says where the other's are. */
export function diskPairs({ instance, attached }: InstanceView): Pairs {
  if (instance.rescue === null) return [['disks', diskLines(instance)]];
  const { image, isStable } = instance.rescue;
  const now = diskLines({ ...attached, adoption: null }, ({ fileName, id }) =>
    id !== null || isOwn(instance, fileName) ? "the instance's own" : 'of the rescue',
  );
  const own = diskLines(instance, ({ fileName, id }) => placeNow(attached, fileName, id));
  const place = isStable ? 'its own disks keep their places' : 'its root disk is the second';
  return [
    ['rescue', [`${image.name || NO_NAME}: ${place}`]],
    ['attached_now', now],
    ['own_disks', own],
  ];
}

const NO_NAME = 'an image without a name';

interface Known {
  readonly fileName: string | null;
  /** Of a volume. */
  readonly id: string | null;
}

function isOwn({ disks }: Pick<Instance, 'disks'>, fileName: string | null): boolean {
  return disks.some((disk) => disk.fileName === fileName);
}

function placeNow({ disks, volumes }: InstanceView['attached'], fileName: string | null, id: string | null) {
  const now = disks.find((disk) => disk.fileName === fileName) ?? volumes.find((volume) => volume.id === id);
  return now === undefined ? 'not attached until unrescue' : `${now.target} now`;
}

function diskLines(instance: Disks, note: (disk: Known) => string | null = () => null): readonly string[] {
  const { disks, volumes, adoption } = instance;
  if (adoption !== null) {
    return adoption.disks.map(
      ({ target, device, format, source }) => `${target} ${device} ${format ?? '-'} ${source ?? '(empty)'}`,
    );
  }
  const noted = (words: string, known: Known) =>
    [words, note(known)].filter((part) => part !== null).join(': ');
  const launched = disks.map(({ fileName, ...disk }) => noted(diskWords(disk), { fileName, id: null }));
  const added = volumes
    .filter(({ target }) => !disks.some((disk) => disk.target === target))
    .map(({ id, target, source }) =>
      noted(`${target} volume ${sourceWords(source)}`, { fileName: null, id }),
    );
  return [...launched, ...added];
}

function diskWords({ target, role, format, sizeBytes }: Omit<Disk, 'fileName'>): string {
  return `${target} ${role} ${format}${sizeWords(sizeBytes)}`;
}

function sizeWords(bytes: number): string {
  return bytes === 0 ? '' : ` ${formatBytes(bytes)}`;
}
