// How near to a guest's NUMA cells its PCI devices have to be. Pure. Rules: nova/pci/stats.py,
// _filter_pools_for_numa_cells. Cells are chosen first: Nova would try others when no device is near these.
import type { HostPciDevice } from '../host/index.ts';
import { extraSpecs, imageProperties, type NumaPlacement } from '../model/index.ts';
import { agreed } from './agreed.ts';

export interface PciAffinity {
  /** `legacy`: on the guest's cells, or of no known cell. `socket`: on any cell of their sockets. */
  readonly policy: 'required' | 'legacy' | 'preferred' | 'socket';
  /** The host's cells that the guest is on. */
  readonly cells: readonly number[];
  /** All cells of the sockets of these. */
  readonly socketCells: readonly number[];
}

interface AffinityRequest {
  readonly flavor: { readonly extraSpecs: Readonly<Record<string, string>> };
  readonly image: { readonly properties: Readonly<Record<string, string>> };
  readonly placement: NumaPlacement | null;
  /** The host's cells with their CPUs' sockets. */
  readonly hostCells: readonly {
    readonly id: number;
    readonly cpus: readonly { readonly socket: number }[];
  }[];
}

/** Null for a guest that is on no cell. Throws the faults of keys, and `FLAVOR_IMAGE_CONFLICT`. */
export function pciAffinity({ flavor, image, placement, hostCells }: AffinityRequest): PciAffinity | null {
  const specs = extraSpecs(flavor.extraSpecs);
  const { hw_pci_numa_affinity_policy: ofImage } = imageProperties(image.properties);
  const policy = agreed('hw:pci_numa_affinity_policy', specs.pciNumaAffinityPolicy, ofImage) ?? 'legacy';
  const cells = placement?.cells.flatMap(({ hostCell }) => hostCell ?? []) ?? [];
  if (cells.length === 0) return null;
  const socketsOf = (id: number) =>
    hostCells.find((cell) => cell.id === id)?.cpus.map(({ socket }) => socket) ?? [];
  const sockets = new Set(cells.flatMap(socketsOf));
  const socketCells = hostCells.filter(({ cpus }) => cpus.some(({ socket }) => sockets.has(socket)));
  return { policy, cells, socketCells: socketCells.map(({ id }) => id) };
}

/** The devices that are near enough, those on the guest's own cells first. */
export function nearDevices(
  devices: readonly HostPciDevice[],
  affinity: PciAffinity | null,
): readonly HostPciDevice[] {
  if (affinity === null) return devices;
  const isOnCells = ({ numaNode }: HostPciDevice) => numaNode !== null && affinity.cells.includes(numaNode);
  const others = devices.filter((device) => !isOnCells(device) && isNearEnough(device, affinity));
  return [...devices.filter(isOnCells), ...others];
}

/** Of a device that is on none of the guest's cells. */
function isNearEnough({ numaNode }: HostPciDevice, { policy, socketCells }: PciAffinity): boolean {
  switch (policy) {
    case 'required':
      return false;
    case 'legacy':
      return numaNode === null;
    case 'socket':
      return numaNode !== null && socketCells.includes(numaNode);
    case 'preferred':
      return true;
    default:
      return policy satisfies never;
  }
}
