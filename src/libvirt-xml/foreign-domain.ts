// What can be told of a domain that somebody else configured, from its definition. What is not asked for here stays in
// the document. Rules: https://libvirt.org/formatdomain.html
import { attributeOf, childElements, type Element, find, isElement, textOf } from './element.ts';

export interface ForeignDomain {
  readonly uuid: string;
  readonly name: string;
  /** Of virtualization: `kvm`, `qemu` … */
  readonly type: string;
  readonly arch: string;
  readonly machineType: string;
  /** Those that the guest begins with; more may be plugged in. */
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly cpu: { readonly mode: string | null; readonly model: string | null };
  readonly firmware: ForeignFirmware | null;
  readonly clockOffset: string | null;
  readonly hasHyperV: boolean;
  readonly hasTpm: boolean;
  readonly videoModel: string | null;
  readonly disks: readonly ForeignDisk[];
  readonly interfaces: readonly ForeignInterface[];
  /** Addresses of the host's PCI devices that it is given, as `0000:3b:00.1`. */
  readonly pciDevices: readonly string[];
  /** Names of its virtio-serial ports. */
  readonly channels: readonly string[];
  /** The file that the first serial port or console is written to. */
  readonly consoleLog: string | null;
  /** Files, devices and directories of the host that are the guest's own, by absolute path: disks, UEFI variables, kernel … */
  readonly files: readonly string[];
  /** The children of `<metadata>`. */
  readonly metadata: readonly Element[];
}

/** Firmware of the UEFI kind. */
export interface ForeignFirmware {
  readonly loader: string | null;
  readonly nvramTemplate: string | null;
  readonly secure: boolean;
  readonly stateless: boolean;
}

export interface ForeignDisk {
  readonly device: string;
  readonly target: string;
  readonly bus: string;
  readonly format: string | null;
  readonly source: string | null;
}

export interface ForeignInterface {
  readonly type: string;
  readonly mac: string;
  /** Network or bridge, by name. */
  readonly source: string | null;
  readonly model: string | null;
  /** The device on the host, where it has a name of its own choosing. */
  readonly target: string | null;
}

/** Bytes in one, by the names that libvirt reads. */
const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1e3,
  k: 1024,
  KiB: 1024,
  MB: 1e6,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  GB: 1e9,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
  TB: 1e12,
  T: 1024 ** 4,
  TiB: 1024 ** 4,
};

export function readForeignDomain(root: Element): ForeignDomain {
  const devices = find(root, 'devices');
  const all = (name: string): readonly Element[] =>
    devices === undefined ? [] : childElements(devices, name);
  const type = find(root, 'os', 'type');
  const disks = all('disk').map(readDisk);
  const interfaces = all('interface').map(readInterface);
  const metadata = find(root, 'metadata');
  return {
    uuid: (textOf(find(root, 'uuid')) ?? '').toLowerCase(),
    name: textOf(find(root, 'name')) ?? '',
    type: attributeOf(root, 'type') ?? '',
    arch: attributeOf(type, 'arch') ?? '',
    machineType: attributeOf(type, 'machine') ?? '',
    vcpus: readVcpus(find(root, 'vcpu')),
    memoryMiB: readMemoryMiB(find(root, 'memory')),
    cpu: {
      mode: attributeOf(find(root, 'cpu'), 'mode') ?? null,
      model: textOf(find(root, 'cpu', 'model')) ?? null,
    },
    firmware: readFirmware(root),
    clockOffset: attributeOf(find(root, 'clock'), 'offset') ?? null,
    hasHyperV: find(root, 'features', 'hyperv') !== undefined,
    hasTpm: all('tpm').length > 0,
    videoModel: attributeOf(find(root, 'devices', 'video', 'model'), 'type') ?? null,
    disks,
    interfaces,
    pciDevices: [...all('hostdev'), ...all('interface')].flatMap(pciAddress),
    channels: all('channel').flatMap((channel) => attributeOf(find(channel, 'target'), 'name') ?? []),
    consoleLog: consoleLogOf(all('serial')[0] ?? all('console')[0]),
    files: filesOf(root, disks, all('filesystem')),
    metadata: metadata === undefined ? [] : metadata.children.filter(isElement),
  };
}

function readVcpus(vcpu: Element | undefined): number {
  const text = attributeOf(vcpu, 'current') ?? textOf(vcpu)?.trim() ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : 1;
}

function readMemoryMiB(memory: Element | undefined): number {
  const text = textOf(memory)?.trim() ?? '';
  const unit = UNITS[attributeOf(memory, 'unit') ?? 'KiB'] ?? 1024;
  return /^\d{1,18}$/.test(text) ? Math.ceil((Number(text) * unit) / 1024 ** 2) : 0;
}

function readFirmware(root: Element): ForeignFirmware | null {
  const loader = find(root, 'os', 'loader');
  const isChosenByLibvirt = attributeOf(find(root, 'os'), 'firmware') === 'efi';
  if (!isChosenByLibvirt && attributeOf(loader, 'type') !== 'pflash') return null;
  const path = textOf(loader)?.trim();
  return {
    loader: path === undefined || path === '' ? null : path,
    nvramTemplate: attributeOf(find(root, 'os', 'nvram'), 'template') ?? null,
    secure: attributeOf(loader, 'secure') === 'yes',
    stateless: attributeOf(loader, 'stateless') === 'yes',
  };
}

function readDisk(disk: Element): ForeignDisk {
  const target = find(disk, 'target');
  return {
    device: attributeOf(disk, 'device') ?? 'disk',
    target: attributeOf(target, 'dev') ?? '',
    bus: attributeOf(target, 'bus') ?? '',
    format: attributeOf(find(disk, 'driver'), 'type') ?? null,
    source: diskSource(find(disk, 'source')),
  };
}

function diskSource(source: Element | undefined): string | null {
  const plain = ['file', 'dev', 'dir', 'path'].map((name) => attributeOf(source, name));
  const found = plain.find((path) => path !== undefined);
  if (found !== undefined) return found;
  const volume = attributeOf(source, 'volume');
  if (volume !== undefined) return `${attributeOf(source, 'pool') ?? ''}/${volume}`;
  const protocol = attributeOf(source, 'protocol');
  return protocol === undefined ? null : `${protocol}:${attributeOf(source, 'name') ?? ''}`;
}

function readInterface(device: Element): ForeignInterface {
  const source = find(device, 'source');
  return {
    type: attributeOf(device, 'type') ?? '',
    mac: (attributeOf(find(device, 'mac'), 'address') ?? '').toLowerCase(),
    source: attributeOf(source, 'network') ?? attributeOf(source, 'bridge') ?? null,
    model: attributeOf(find(device, 'model'), 'type') ?? null,
    target: attributeOf(find(device, 'target'), 'dev') ?? null,
  };
}

/** Of a device that is passed through, by `<hostdev>` or as a network card. */
function pciAddress(device: Element): readonly string[] {
  const address = find(device, 'source', 'address');
  const type = attributeOf(address, 'type') ?? attributeOf(device, 'type');
  if (address === undefined || type !== 'pci') return [];
  const part = (name: string, digits: number): string =>
    Number(attributeOf(address, name) ?? '0')
      .toString(16)
      .padStart(digits, '0');
  return [`${part('domain', 4)}:${part('bus', 2)}:${part('slot', 2)}.${part('function', 1)}`];
}

function consoleLogOf(port: Element | undefined): string | null {
  if (port === undefined) return null;
  const log = attributeOf(find(port, 'log'), 'file');
  if (log !== undefined) return log;
  return attributeOf(port, 'type') === 'file' ? (attributeOf(find(port, 'source'), 'path') ?? null) : null;
}

function filesOf(
  root: Element,
  disks: readonly ForeignDisk[],
  shared: readonly Element[],
): readonly string[] {
  const named = ['nvram', 'kernel', 'initrd', 'dtb'].map((name) => textOf(find(root, 'os', name))?.trim());
  const folders = shared.map((filesystem) => attributeOf(find(filesystem, 'source'), 'dir'));
  const paths = [...disks.map(({ source }) => source), ...named, ...folders];
  return [...new Set(paths.filter((path) => path?.startsWith('/') === true))].flatMap((path) => path ?? []);
}
