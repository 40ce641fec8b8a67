// The disks of an instance under another flavor. Pure. Rules: nova/virt/libvirt/driver.py, migrate_disk_and_power_off and
// finish_migration: root and ephemeral disks grow and never shrink, a swap disk is made anew.
import { Fault, formatBytes, GIB } from '../../base/index.ts';
import { configDriveFormatOf, type Disk, type Flavor, type Instance } from '../../model/index.ts';
import { diskLayout } from '../disk-layout.ts';

type Subject = Pick<Instance, 'name' | 'flavor' | 'hardware' | 'disks' | 'volumes'>;

/**
 * In the order of a launch; a name that an attached disk has is left to it. Throws `RESIZE_SHRINKS`, and `DISK_BUS_FULL`.
 */
export function resizedDisks(instance: Subject, flavor: Flavor): readonly Disk[] {
  const { disks, volumes, hardware } = instance;
  const root = disks.find(({ role }) => role === 'root');
  const ephemeral = disks.find(({ role }) => role === 'ephemeral');
  const config = disks.find(({ role }) => role === 'config');
  const rootBytes = grownRoot(instance, root, flavor);
  const ephemeralBytes = grownEphemeral(instance, ephemeral, flavor);
  const layout = diskLayout({
    flavor,
    hardware,
    imageFormat: root?.device === 'cdrom' ? 'iso' : 'qcow2',
    imageSizeBytes: rootBytes,
    configDrive: config !== undefined,
    ...(config === undefined ? {} : { configDriveFormat: configDriveFormatOf(config) }),
    ...(config?.datasource === undefined ? {} : { datasource: config.datasource }),
    agentDrive: disks.some(({ role }) => role === 'agent'),
  });
  const sizes: Partial<Record<Disk['role'], number>> = { root: rootBytes, ephemeral: ephemeralBytes };
  const sized = layout.map((disk) => ({ ...disk, sizeBytes: sizes[disk.role] ?? disk.sizeBytes }));
  return clearOf(
    sized,
    volumes.map(({ target }) => target),
  );
}

/** The same disks, those whose name is among `taken` under the next free one of their bus. */
export function clearOf(disks: readonly Disk[], taken: readonly string[]): readonly Disk[] {
  const used = new Set([...taken, ...disks.map(({ target }) => target)]);
  return disks.map((disk) => {
    if (!taken.includes(disk.target)) return disk;
    const target = nextFree(disk.target, used);
    used.add(target);
    return { ...disk, target };
  });
}

function nextFree(target: string, used: ReadonlySet<string>): string {
  const prefix = target.slice(0, 2);
  for (let code = 'a'.charCodeAt(0); ; code += 1) {
    const next = prefix + String.fromCharCode(code);
    if (!used.has(next)) return next;
  }
}

/** A flavor with the same word about it leaves a disk as large as it is, also where somebody has grown it since. */
function grownRoot({ name, flavor: old }: Subject, root: Disk | undefined, flavor: Flavor): number {
  const sizeBytes = root?.sizeBytes ?? 0;
  if (flavor.rootGiB === old.rootGiB || root?.device === 'cdrom') return sizeBytes;
  const wanted = flavor.rootGiB * GIB;
  if (wanted < sizeBytes) throw shrinks(flavor.name, name, { disk: 'root', wanted, sizeBytes });
  return wanted;
}

function grownEphemeral({ name, flavor: old }: Subject, disk: Disk | undefined, flavor: Flavor): number {
  const sizeBytes = disk?.sizeBytes ?? 0;
  if (flavor.ephemeralGiB === old.ephemeralGiB) return sizeBytes;
  const wanted = flavor.ephemeralGiB * GIB;
  if (wanted < sizeBytes) throw shrinks(flavor.name, name, { disk: 'ephemeral', wanted, sizeBytes });
  return wanted;
}

interface Shrinking {
  readonly disk: 'root' | 'ephemeral';
  readonly wanted: number;
  readonly sizeBytes: number;
}

function shrinks(flavor: string, instance: string, { disk, wanted, sizeBytes }: Shrinking): Fault {
  const says =
    wanted === 0
      ? `no size for ${disk === 'root' ? 'a root' : 'an ephemeral'} disk`
      : `one of ${formatBytes(wanted)}`;
  return new Fault(
    'invalid',
    'RESIZE_SHRINKS',
    `The ${disk} disk of instance ${instance} has ${formatBytes(sizeBytes)}, and flavor ${flavor} says ${says}: a disk is never made smaller`,
    {
      hint: 'Choose a flavor whose disks are at least as large: novalet flavor list',
      details: { disk, wantedBytes: wanted, sizeBytes },
    },
  );
}

/** Whether a resize makes this file anew, and keeps the old one: drives of media stay as they are. */
export function isReplaced({ role, device }: Disk): boolean {
  return role === 'config' || role === 'swap' || goesOn({ role, device });
}

/** Whether its content stays. */
export function goesOn({ role, device }: Pick<Disk, 'role' | 'device'>): boolean {
  return (role === 'root' && device !== 'cdrom') || role === 'ephemeral';
}
