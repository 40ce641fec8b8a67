// The guest's disks and filesystems, and which of the host's disks stand behind them.
import type { AgentCaller, CallOptions } from '../caller.ts';
import type { Reply } from '../decode.ts';

export interface PciAddress {
  readonly domain: number;
  readonly bus: number;
  readonly slot: number;
  readonly function: number;
}

/** Where a disk hangs, as the guest sees it (GuestDiskAddress). */
export interface GuestDiskAddress {
  /** `virtio`, `scsi`, `sata`, `nvme` … */
  readonly busType: string;
  readonly bus: number;
  readonly target: number;
  readonly unit: number;
  /** Left out where the guest does not know it: the agent then gives -1. */
  readonly pci?: PciAddress;
  readonly serial?: string;
  /** `/dev/vda` */
  readonly device?: string;
}

export interface GuestDisk {
  /** `/dev/vda1`, `\\.\PhysicalDrive0` */
  readonly name: string;
  readonly isPartition: boolean;
  /** Names of what it is made of: a partition's disk, a volume's partitions. */
  readonly dependencies: readonly string[];
  readonly alias?: string;
  readonly address?: GuestDiskAddress;
}

export interface GuestFilesystem {
  readonly name: string;
  readonly mountpoint: string;
  readonly type: string;
  readonly usedBytes?: number;
  /** Without what is kept for root. */
  readonly totalBytes?: number;
  /** With it; agents from 9.1. */
  readonly totalBytesPrivileged?: number;
  readonly disks: readonly GuestDiskAddress[];
}

/** One line of /proc/diskstats, in its units (sectors of 512 bytes, milliseconds). */
export interface DiskStatistics {
  readonly name: string;
  readonly readIos?: number;
  readonly readSectors?: number;
  readonly writeIos?: number;
  readonly writeSectors?: number;
  readonly discardIos?: number;
  readonly flushIos?: number;
  readonly totalTicks?: number;
}

const MOST_DISKS = 10_000;
const MOST_FILESYSTEMS = 10_000;
const MOST_PARTS = 1000;
const REPLY_BYTES = 4 * 1024 * 1024;

/** guest-get-disks. */
export async function readDisks(agent: AgentCaller, options: CallOptions = {}): Promise<GuestDisk[]> {
  const limits = { readOnly: true, maxReplyBytes: REPLY_BYTES, ...options };
  const reply = await agent.call('guest-get-disks', undefined, limits);
  return reply.list(MOST_DISKS).map((entry) => {
    const alias = entry.member('alias').optional((place) => place.text(1000));
    const address = entry.member('address').optional(decodeAddress);
    const dependencies = entry.member('dependencies').optional((list) => list.list(MOST_PARTS)) ?? [];
    return {
      name: entry.member('name').text(1000),
      isPartition: entry.member('partition').boolean(),
      dependencies: dependencies.map((place) => place.text(1000)),
      ...(alias === undefined ? {} : { alias }),
      ...(address === undefined ? {} : { address }),
    };
  });
}

/** guest-get-fsinfo. */
export async function readFilesystems(
  agent: AgentCaller,
  options: CallOptions = {},
): Promise<GuestFilesystem[]> {
  const limits = { readOnly: true, maxReplyBytes: REPLY_BYTES, ...options };
  const reply = await agent.call('guest-get-fsinfo', undefined, limits);
  return reply.list(MOST_FILESYSTEMS).map((entry) => {
    const sizes: [string, number][] = [];
    for (const [key, wireName] of SIZES) {
      const value = entry.member(wireName).optional((place) => place.counter());
      if (value !== undefined) sizes.push([key, value]);
    }
    return {
      name: entry.member('name').text(1000),
      mountpoint: entry.member('mountpoint').text(4096),
      type: entry.member('type').text(100),
      disks: entry.member('disk').list(MOST_PARTS).map(decodeAddress),
      ...Object.fromEntries(sizes),
    };
  });
}

const SIZES = [
  ['usedBytes', 'used-bytes'],
  ['totalBytes', 'total-bytes'],
  ['totalBytesPrivileged', 'total-bytes-privileged'],
] as const;

/** guest-get-diskstats (Linux; agents from 7.1). */
export async function readDiskStatistics(
  agent: AgentCaller,
  options: CallOptions = {},
): Promise<DiskStatistics[]> {
  const limits = { readOnly: true, maxReplyBytes: REPLY_BYTES, ...options };
  const reply = await agent.call('guest-get-diskstats', undefined, limits);
  return reply.list(MOST_DISKS).map((entry) => {
    const stats = entry.member('stats');
    const counts: [string, number][] = [];
    for (const [key, wireName] of COUNTS) {
      const value = stats.member(wireName).optional((place) => place.counter());
      if (value !== undefined) counts.push([key, value]);
    }
    return { name: entry.member('name').text(1000), ...Object.fromEntries(counts) };
  });
}

const COUNTS = [
  ['readIos', 'read-ios'],
  ['readSectors', 'read-sectors'],
  ['writeIos', 'write-ios'],
  ['writeSectors', 'write-sectors'],
  ['discardIos', 'discard-ios'],
  ['flushIos', 'flush-ios'],
  ['totalTicks', 'total-ticks'],
] as const;

function decodeAddress(reply: Reply): GuestDiskAddress {
  const pci = decodePci(reply.member('pci-controller'));
  const serial = reply.member('serial').optional((place) => place.text(1000));
  const device = reply.member('dev').optional((place) => place.text(1000));
  const place = (key: string) => reply.member(key).integer(-1, 2 ** 31);
  return {
    busType: reply.member('bus-type').text(50),
    bus: place('bus'),
    target: place('target'),
    unit: place('unit'),
    ...(pci === undefined ? {} : { pci }),
    ...(serial === undefined ? {} : { serial }),
    ...(device === undefined ? {} : { device }),
  };
}

function decodePci(reply: Reply): PciAddress | undefined {
  const part = (key: string) => reply.member(key).integer(-1, 2 ** 31);
  const address = {
    domain: part('domain'),
    bus: part('bus'),
    slot: part('slot'),
    function: part('function'),
  };
  return Object.values(address).includes(-1) ? undefined : address;
}
