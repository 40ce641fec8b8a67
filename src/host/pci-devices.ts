// The host's PCI devices as sysfs shows them. Rules: Documentation/ABI/testing/sysfs-bus-pci of Linux.
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errnoCode } from '../base/index.ts';
import { HOST_PATHS, type HostPaths } from './host-paths.ts';

export interface HostPciDevice {
  /** `0000:3b:00.1`. */
  readonly address: string;
  /** Four hexadecimal digits. */
  readonly vendorId: string;
  readonly productId: string;
  readonly type: 'type-PCI' | 'type-PF' | 'type-VF';
  /** Address of the physical function that a virtual one belongs to. */
  readonly physicalFunction: string | null;
  readonly iommuGroup: number | null;
  /** The NUMA cell that it hangs on; null where the host does not say. */
  readonly numaNode: number | null;
}

const ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
/** No host has as many; a directory that shows more is not sysfs. */
const MOST_DEVICES = 65_536;

/** Sorted by address; none where there is no PCI. A device that goes away meanwhile is left out. */
export function readPciDevices(paths: Pick<HostPaths, 'pciDevices'> = HOST_PATHS): readonly HostPciDevice[] {
  const names = namesIn(paths.pciDevices).filter((name) => ADDRESS.test(name));
  return names
    .toSorted()
    .slice(0, MOST_DEVICES)
    .flatMap((address) => readDevice(join(paths.pciDevices, address), address) ?? []);
}

function readDevice(folder: string, address: string): HostPciDevice | undefined {
  const vendorId = hexIn(join(folder, 'vendor'));
  const productId = hexIn(join(folder, 'device'));
  if (vendorId === undefined || productId === undefined) return undefined;
  const physicalFunction = linkIn(join(folder, 'physfn')) ?? null;
  const functions = Number(textIn(join(folder, 'sriov_totalvfs')) ?? 0);
  const group = linkIn(join(folder, 'iommu_group'));
  const node = textIn(join(folder, 'numa_node')); // -1 for none
  return {
    address,
    vendorId,
    productId,
    type: physicalFunction !== null ? 'type-VF' : functions > 0 ? 'type-PF' : 'type-PCI',
    physicalFunction,
    iommuGroup: numberIn(group),
    numaNode: numberIn(node),
  };
}

function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** `0x8086` → `8086`. */
function hexIn(path: string): string | undefined {
  return /^0x([0-9a-f]{4})$/.exec(textIn(path) ?? '')?.[1];
}

function namesIn(folder: string): readonly string[] {
  return ifThere(() => readdirSync(folder)) ?? [];
}

function linkIn(path: string): string | undefined {
  return ifThere(() => basename(readlinkSync(path)));
}

/** The first bytes, which hold all that such a file has to say. */
function textIn(path: string): string | undefined {
  return ifThere(() => {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(64);
      return bytes.toString('latin1', 0, readSync(file, bytes)).trim();
    } finally {
      closeSync(file);
    }
  });
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENODEV'].includes(errnoCode(error) ?? '')) return undefined;
    throw error;
  }
}
