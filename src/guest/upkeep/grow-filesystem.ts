// Letting a guest use what its disk has grown by: the last partition, then the filesystem on it, by the guest's own programs.
// What the guest tells is outside data: names are held to the form of a device before they become arguments, and no shell
// reads any of it.
import { delay } from '../../base/index.ts';
import type { GuestDisk, GuestFilesystem } from '../facts/storage.ts';

export interface GrowStep {
  readonly what: 'guest' | 'disk' | 'partition' | 'filesystem';
  /** A device or a mount point. */
  readonly name: string;
  readonly outcome: 'grown' | 'unchanged' | 'not-done';
  /** Why not; may hold the guest's words. */
  readonly why: string | null;
}

export interface GuestAnswer {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface GrowTools {
  /** Runs a program as root; undefined where the guest has no such program. */
  readonly run: (argv: readonly string[], stdin?: string) => Promise<GuestAnswer | undefined>;
  /** Asks guest-get-fsinfo. */
  readonly filesystems: () => Promise<readonly GuestFilesystem[]>;
  /** As guest-get-disks told them. */
  readonly disks: readonly GuestDisk[];
  readonly signal?: AbortSignal | undefined;
}

export interface GrownDevice {
  /** The whole disk, as the guest calls it. */
  readonly device: string;
  readonly sizeBytes: number;
}

const DEVICE = /^\/dev\/[a-z0-9][a-z0-9._/-]{0,100}$/;
const MOUNT_POINT = /^\/[^\p{Cc}]{0,1000}$/u;
/** `/dev/vda1`, `/dev/nvme0n1p2`: the number at the end. */
const PARTITION = /^(\/dev\/[a-z]+|\/dev\/[a-z]+\d+n\d+p|\/dev\/mmcblk\d+p)(\d{1,3})$/;
const WORDS = 300;
/** The kernel's unit in sysfs, whatever the disk's own is. */
const SECTOR = 512;
const NEWS_LOOKS = 60;
const NEWS_PAUSE_MS = 250;

/** Says of each act what became of it; none of them fails the whole. */
export async function growFilesystem(
  guest: GrowTools,
  { device, sizeBytes }: GrownDevice,
): Promise<readonly GrowStep[]> {
  if (!DEVICE.test(device)) return [notDone('disk', device, 'the guest gives it no name that can be used')];
  if (!(await seesSize(guest, device, sizeBytes)))
    return [notDone('disk', device, 'the guest does not see its new size')];
  const partitions = guest.disks.filter((disk) => disk.isPartition && disk.dependencies.includes(device));
  if (partitions.length === 0) return [await growOn(guest, device)];
  const last = await lastOf(guest, partitions);
  if (typeof last !== 'string') return [last];
  const partition = await growPartition(guest, device, last);
  if (partition.outcome === 'not-done') return [partition];
  return [partition, await growOn(guest, last)];
}

/** A disk on SCSI has to be looked at again by order; others bring the news themselves, a moment later. */
async function seesSize(guest: GrowTools, device: string, sizeBytes: number): Promise<boolean> {
  const folder = sysfsOf(device);
  for (let look = 0; look < NEWS_LOOKS; look += 1) {
    const sectors = await numberIn(guest, `${folder}/size`);
    if (sectors !== undefined && sectors * SECTOR >= sizeBytes) return true;
    if (look === 0 && device.startsWith('/dev/sd'))
      await guest.run(['tee', `${folder}/device/rescan`], '1\n');
    await delay(NEWS_PAUSE_MS, guest.signal);
  }
  return false;
}

function sysfsOf(device: string): string {
  return `/sys/class/block/${device.slice('/dev/'.length).replaceAll('/', '!')}`;
}

async function numberIn(guest: GrowTools, path: string): Promise<number | undefined> {
  const answer = await guest.run(['cat', path]);
  const text = answer?.stdout.trim() ?? '';
  return answer?.exitCode === 0 && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The one that can grow: nothing lies behind it. */
async function lastOf(guest: GrowTools, partitions: readonly GuestDisk[]): Promise<string | GrowStep> {
  let last = { name: '', start: -1 };
  for (const { name } of partitions) {
    if (!DEVICE.test(name)) return notDone('partition', name, 'the guest gives it no name that can be used');
    const start = await numberIn(guest, `${sysfsOf(name)}/start`);
    if (start === undefined) return notDone('partition', name, 'the guest does not tell where it begins');
    if (start > last.start) last = { name, start };
  }
  return last.name;
}

/** growpart ends with 1 where there is nothing to do. */
async function growPartition(guest: GrowTools, device: string, partition: string): Promise<GrowStep> {
  const [, , number] = PARTITION.exec(partition) ?? [];
  if (number === undefined) return notDone('partition', partition, 'its name does not tell its number');
  const answer = await guest.run(['growpart', device, number]);
  if (answer === undefined)
    return notDone(
      'partition',
      partition,
      'the guest has no growpart (package cloud-guest-utils or cloud-utils-growpart)',
    );
  if (answer.exitCode === 0) return { what: 'partition', name: partition, outcome: 'grown', why: null };
  if (answer.exitCode === 1) return { what: 'partition', name: partition, outcome: 'unchanged', why: null };
  return notDone('partition', partition, failed('growpart', answer));
}

async function growOn(guest: GrowTools, device: string): Promise<GrowStep> {
  const isOnIt = ({ name }: GuestFilesystem) => `/dev/${name}` === device;
  const filesystem = (await guest.filesystems()).find(isOnIt);
  if (filesystem === undefined)
    return notDone(
      'filesystem',
      device,
      'nothing on it is mounted; an unmounted one grows when it is checked and resized by hand',
    );
  const { mountpoint, type } = filesystem;
  if (!MOUNT_POINT.test(mountpoint))
    return notDone('filesystem', mountpoint, 'its mount point cannot be used');
  const command = commandFor(type, device, mountpoint);
  if (command === undefined)
    return notDone(
      'filesystem',
      mountpoint,
      `novalet knows no program that grows ${type.slice(0, 40)} while it is mounted`,
    );
  const answer = await guest.run(command.argv);
  if (answer === undefined)
    return notDone(
      'filesystem',
      mountpoint,
      `the guest has no ${command.argv[0] ?? ''} (package ${command.package})`,
    );
  if (answer.exitCode !== 0) return notDone('filesystem', mountpoint, failed(command.argv[0] ?? '', answer));
  const after = (await guest.filesystems()).find(isOnIt);
  const isSame = after !== undefined && after.totalBytes === filesystem.totalBytes;
  return { what: 'filesystem', name: mountpoint, outcome: isSame ? 'unchanged' : 'grown', why: null };
}

function commandFor(
  type: string,
  device: string,
  mountpoint: string,
): { readonly argv: readonly string[]; readonly package: string } | undefined {
  switch (type) {
    case 'ext2':
    case 'ext3':
    case 'ext4':
      return { argv: ['resize2fs', device], package: 'e2fsprogs' };
    case 'xfs':
      return { argv: ['xfs_growfs', mountpoint], package: 'xfsprogs' };
    case 'btrfs':
      return { argv: ['btrfs', 'filesystem', 'resize', 'max', mountpoint], package: 'btrfs-progs' };
    default:
      return undefined;
  }
}

function failed(program: string, { exitCode, stdout, stderr }: GuestAnswer): string {
  const words = `${stderr.trim()} ${stdout.trim()}`.trim().slice(0, WORDS);
  return `${program} ended with ${exitCode ?? 'a signal'}${words === '' ? '' : `: ${words}`}`;
}

function notDone(what: GrowStep['what'], name: string, why: string): GrowStep {
  return { what, name: name.slice(0, WORDS), outcome: 'not-done', why };
}
