// The record of an adopted domain, from its definition. Pure. What stands in Nova's metadata is believed: it is where
// OpenStack's hosts tell name, flavor and age of a guest.
import { newUuid } from '../base/index.ts';
import {
  AGENT_PORT,
  attributeOf,
  childElements,
  type Element,
  type ForeignDomain,
  type ForeignInterface,
  type HostCell,
  laneNumber,
  parseXml,
  readForeignDomain,
  textOf,
} from '../libvirt-xml/index.ts';
import {
  type CpuMode,
  DISK_BUSES,
  type DiskBus,
  type Flavor,
  type Hardware,
  type Instance,
  PLAIN_ADDRESSING,
  type Port,
  type PortBinding,
  UNRECORDED_OPTIONS,
} from '../model/index.ts';
import { readPlacement } from './numa/read-placement.ts';

/** Nova wrote 1.0 and writes 1.1; what is read here is the same in both. */
const NOVA = /^http:\/\/openstack\.org\/xmlns\/libvirt\/nova\/1\.\d+$/;
const LIBOSINFO = 'http://libosinfo.org/xmlns/libvirt/domain/1.0';
const WINDOWS = /^http:\/\/microsoft\.com\/win/;
const CPU_MODES: ReadonlyMap<string | null, CpuMode> = new Map([
  ['host-model', 'host-model'],
  ['host-passthrough', 'host-passthrough'],
  ['maximum', 'maximum'],
  ['custom', 'custom'],
]);

/** What a domain tells of itself and an instance remembers. */
export type AdoptedFacts = Pick<
  Instance,
  'adoption' | 'domainName' | 'flavor' | 'image' | 'hardware' | 'numa' | 'ports'
>;

/** What only Nova's metadata says; undefined where it does not. */
export interface NovaWords {
  readonly name: string | undefined;
  /** ISO 8601, UTC. */
  readonly createdAt: string | undefined;
  readonly flavorName: string | undefined;
  readonly rootGiB: number;
  readonly ephemeralGiB: number;
  readonly swapMiB: number;
  /** UUID of the image that the root disk was made from. */
  readonly imageId: string | undefined;
}

export function readAdopted(domainXml: string): ForeignDomain {
  return readForeignDomain(parseXml(domainXml, "a domain's XML"));
}

export interface AdoptedContext {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly hostCells: readonly HostCell[];
  /** Those of the same instance before; they keep their ids. */
  readonly ports: readonly Port[];
}

export function adoptedFacts(
  domainXml: string,
  { at, hostCells, ports }: AdoptedContext,
): AdoptedFacts & { readonly nova: NovaWords } {
  const root = parseXml(domainXml, "a domain's XML");
  const domain = readForeignDomain(root);
  const nova = novaWords(domain.metadata);
  return {
    nova,
    domainName: domain.name,
    adoption: { at, domainXml, disks: domain.disks, consoleLog: domain.consoleLog },
    flavor: flavorOf(domain, nova),
    image: { id: nova.imageId ?? '', name: '', properties: isWindows(domain) ? { os_type: 'windows' } : {} },
    hardware: hardwareOf(domain),
    ports: domain.interfaces.flatMap((device) => portOf(device, ports)),
    numa: readPlacement(root, hostCells),
  };
}

function flavorOf({ vcpus, memoryMiB }: ForeignDomain, nova: NovaWords): Flavor {
  const { flavorName, rootGiB, ephemeralGiB, swapMiB } = nova;
  return {
    name: flavorName ?? 'adopted',
    vcpus,
    memoryMiB,
    rootGiB,
    ephemeralGiB,
    swapMiB,
    extraSpecs: {},
  };
}

/** For people and for what asks which hardware a guest has; its XML is never made from it. */
function hardwareOf(domain: ForeignDomain): Hardware {
  const { cpu, firmware, type, arch, machineType, disks, interfaces, pciDevices, channels } = domain;
  const virtType = type === 'kvm' ? 'kvm' : 'qemu';
  return {
    virtType,
    arch,
    machineType,
    cpuMode: CPU_MODES.get(cpu.mode) ?? 'none',
    cpuModels: cpu.model === null ? [] : [cpu.model],
    cpuExtraFlags: [],
    firmware:
      firmware === null
        ? { kind: 'bios' }
        : {
            kind: 'uefi',
            loader: firmware.loader ?? '',
            nvramTemplate: firmware.nvramTemplate ?? '',
            secure: firmware.secure,
            stateless: firmware.stateless,
          },
    diskBus: busOf(disks.find(({ device }) => device === 'disk')?.bus) ?? 'virtio',
    cdromBus: busOf(disks.find(({ device }) => device === 'cdrom')?.bus) ?? 'sata',
    diskCache: 'none',
    vifModel: interfaces[0]?.model ?? 'virtio',
    videoModel: domain.videoModel ?? 'none',
    pointerModel: null,
    pciDevices,
    options: {
      ...UNRECORDED_OPTIONS,
      guestAgent: channels.includes(AGENT_PORT),
      lane: channels.some((name) => laneNumber(name) !== undefined),
      hostVirtType: virtType,
    },
  };
}

function busOf(bus: string | undefined): DiskBus | undefined {
  return DISK_BUSES.find((known) => known === bus);
}

/** None for interfaces that are neither on a network nor on a bridge nor in user mode; they are in the XML alone. */
function portOf(device: ForeignInterface, before: readonly Port[]): readonly Port[] {
  const binding = bindingOf(device);
  if (binding === undefined) return [];
  const { mac, target } = device;
  const known = before.find((port) => port.mac === mac);
  return [
    {
      id: known?.id ?? newUuid(),
      mac,
      binding,
      deviceName: target ?? '',
      mtu: null,
      isMtuChosen: known?.isMtuChosen ?? false,
      fixedIps: known?.fixedIps ?? [],
      addressing: known?.addressing ?? PLAIN_ADDRESSING,
    },
  ];
}

function bindingOf({ type, source }: ForeignInterface): PortBinding | undefined {
  if (type === 'network' && source !== null) return { kind: 'network', network: source, bridge: '' };
  if (type === 'bridge' && source !== null) return { kind: 'bridge', bridge: source };
  return type === 'user' ? { kind: 'user' } : undefined;
}

/** By libosinfo, which virt-install asks; or as Nova makes domains of Windows. */
function isWindows({ metadata, hasHyperV, clockOffset }: ForeignDomain): boolean {
  const os = inNamespace(metadata, (uri) => uri === LIBOSINFO).flatMap((info) =>
    childElements(info).filter(({ name }) => localName(name) === 'os'),
  );
  if (os.length > 0) return os.some((element) => WINDOWS.test(attributeOf(element, 'id') ?? ''));
  return hasHyperV && clockOffset === 'localtime';
}

function novaWords(metadata: readonly Element[]): NovaWords {
  const [instance] = inNamespace(metadata, (uri) => NOVA.test(uri));
  const child = (parent: Element | undefined, name: string) =>
    parent && childElements(parent).find((element) => localName(element.name) === name);
  const flavor = child(instance, 'flavor');
  const size = (name: string): number => {
    const text = textOf(child(flavor, name))?.trim() ?? '';
    return /^\d{1,9}$/.test(text) ? Number(text) : 0;
  };
  return {
    name: textOf(child(instance, 'name'))?.trim(),
    createdAt: isoTime(textOf(child(instance, 'creationTime'))),
    flavorName: attributeOf(flavor, 'name'),
    rootGiB: size('disk'),
    ephemeralGiB: size('ephemeral'),
    swapMiB: size('swap'),
    imageId: attributeOf(child(instance, 'root'), 'uuid'),
  };
}

/** Nova writes UTC as `2026-01-02 03:04:05`. */
function isoTime(text: string | undefined): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/.exec(text?.trim() ?? '');
  const time = new Date(match === null ? Number.NaN : `${match[1]}T${match[2]}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** Elements of a namespace, which each declares itself: libvirt keeps one element for each namespace there. */
function inNamespace(elements: readonly Element[], isIt: (uri: string) => boolean): readonly Element[] {
  return elements.filter((element) => {
    const [prefix = ''] = element.name.includes(':') ? element.name.split(':') : [];
    return isIt(attributeOf(element, prefix === '' ? 'xmlns' : `xmlns:${prefix}`) ?? '');
  });
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
