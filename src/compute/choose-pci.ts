// Which of the host's PCI devices a new instance gets. Pure. Rules: nova/pci (devspec.py, request.py, stats.py), with
// the claims of the other instances as they are recorded.
import { Fault } from '../base/index.ts';
import type { HostPciDevice } from '../host/index.ts';
import { nearestName } from '../model/index.ts';
import { nearDevices, type PciAffinity } from './pci-affinity.ts';

/** Hexadecimal, `*` for any; what is left out is any. */
export interface PciMatch {
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
  /** `0000:3b:00.1`, each part may be `*`; what is left out at the end is any. */
  readonly address?: string | undefined;
}

export interface PciAlias {
  readonly name: string;
  readonly match: PciMatch;
  /** Left out: any but a physical function, whose virtual ones would go with it. */
  readonly deviceType?: HostPciDevice['type'] | undefined;
}

/** nova.conf [pci]: `devices` may be given away, `aliases` are how flavors ask. */
export interface PciSettings {
  readonly devices: readonly PciMatch[];
  readonly aliases: readonly PciAlias[];
}

export interface PciRequest {
  readonly wanted: readonly { readonly alias: string; readonly count: number }[];
  readonly settings: PciSettings;
  /** The host's, sorted by address. */
  readonly devices: readonly HostPciDevice[];
  /** Addresses that instances hold, with the instances' names. */
  readonly held: ReadonlyMap<string, string>;
  /** How near to the guest they must be; null for a guest that may run anywhere. */
  readonly affinity: PciAffinity | null;
}

/** Addresses in the order asked for. Throws `PCI_ALIAS_UNKNOWN`, `PCI_NO_IOMMU` or `PCI_DEVICES_EXHAUSTED`. */
export function choosePciDevices({
  wanted,
  settings,
  devices,
  held,
  affinity,
}: PciRequest): readonly string[] {
  const offered = devices.filter((device) => settings.devices.some((spec) => matches(device, spec)));
  const chosen: HostPciDevice[] = [];
  for (const { alias, count } of wanted) {
    const fitting = nearDevices(fittingDevices(alias, settings, offered), affinity);
    const free = fitting.filter((device) => !isTaken(device, devices, held) && !chosen.includes(device));
    if (free.length < count) throw exhausted({ alias, count, fitting, held, affinity });
    for (const device of free.slice(0, count)) {
      if (device.iommuGroup === null) throw noIommu(device.address);
      chosen.push(device);
    }
  }
  return chosen.map(({ address }) => address);
}

function fittingDevices(
  alias: string,
  { aliases }: PciSettings,
  offered: readonly HostPciDevice[],
): readonly HostPciDevice[] {
  const named = aliases.filter(({ name }) => name === alias);
  if (named.length === 0) throw unknownAlias(alias, aliases);
  return offered.filter((device) =>
    named.some(
      ({ match, deviceType }) =>
        matches(device, match) &&
        (deviceType === undefined ? device.type !== 'type-PF' : device.type === deviceType),
    ),
  );
}

function matches(device: HostPciDevice, { vendorId, productId, address }: PciMatch): boolean {
  return (
    isLike(vendorId, device.vendorId) &&
    isLike(productId, device.productId) &&
    (address === undefined || isLikeAddress(address, device.address))
  );
}

function isLikeAddress(pattern: string, address: string): boolean {
  const parts = address.split(/[:.]/);
  return pattern.split(/[:.]/).every((part, index) => isLike(part, parts[index] ?? ''));
}

/** Leading zeros count for nothing. */
function isLike(pattern: string | undefined, hex: string): boolean {
  if (pattern === undefined || pattern === '*') return true;
  return Number.parseInt(pattern, 16) === Number.parseInt(hex, 16);
}

/** A physical function is taken with any virtual one of it, and every virtual one with it. */
function isTaken(
  device: HostPciDevice,
  devices: readonly HostPciDevice[],
  held: ReadonlyMap<string, string>,
): boolean {
  if (held.has(device.address)) return true;
  if (device.physicalFunction !== null && held.has(device.physicalFunction)) return true;
  return devices.some((other) => other.physicalFunction === device.address && held.has(other.address));
}

function unknownAlias(alias: string, aliases: readonly PciAlias[]): Fault {
  const nearest = nearestName(
    alias,
    aliases.map(({ name }) => name),
  );
  return new Fault('invalid', 'PCI_ALIAS_UNKNOWN', `There is no PCI alias "${alias.slice(0, 80)}"`, {
    hint:
      nearest === undefined
        ? 'Name it under pci.alias of the configuration, or correct pci_passthrough:alias of the flavor.'
        : `Did you mean ${nearest}?`,
    details: { key: 'pci_passthrough:alias', alias },
  });
}

function noIommu(address: string): Fault {
  return new Fault('unsupported', 'PCI_NO_IOMMU', `The host has no IOMMU for its PCI device ${address}`, {
    hint: 'Switch it on in the firmware (VT-d, AMD-Vi) and boot with intel_iommu=on.',
    details: { address },
  });
}

interface Shortage extends Pick<PciRequest, 'held' | 'affinity'> {
  readonly alias: string;
  readonly count: number;
  readonly fitting: readonly HostPciDevice[];
}

function exhausted({ alias, count, fitting, held, affinity }: Shortage): Fault {
  const holders = fitting.flatMap(({ address }) => {
    const holder = held.get(address);
    return holder === undefined ? [] : [`${address} by ${holder}`];
  });
  const where =
    affinity === null
      ? ''
      : ` near the guest's NUMA cells (${affinity.cells.join(', ')}, ${affinity.policy})`;
  const who = holders.length === 0 ? '' : `; held: ${holders.join(', ')}`;
  return new Fault(
    'exhausted',
    'PCI_DEVICES_EXHAUSTED',
    `The flavor asks for ${count} PCI devices "${alias}", and this host has ${fitting.length}${where}${who}`,
    {
      hint: `Delete or shelve an instance that holds one, or offer more devices under pci.device_spec of the configuration${affinity === null ? '' : '; hw:pci_numa_affinity_policy=preferred takes any'}.`,
      details: { key: 'pci_passthrough:alias', alias, count, held: holders.join(', ') },
    },
  );
}
