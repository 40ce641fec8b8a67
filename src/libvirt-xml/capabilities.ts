// What libvirt says of the host and of the guests it can run. Rules: https://libvirt.org/formatcaps.html
import { attributeOf, childElements, type Element, find, textOf } from './element.ts';
import { parseXml } from './parse.ts';

export interface Capabilities {
  readonly hostUuid: string | null;
  readonly arch: string;
  /** libvirt's nearest named CPU model; null where it has none (aarch64). */
  readonly cpuModel: string | null;
  readonly cpuVendor: string | null;
  readonly cpuFeatures: readonly string[];
  /** NUMA cells; empty when libvirt shows no topology. */
  readonly cells: readonly HostCell[];
  readonly guests: readonly GuestSupport[];
}

export interface HostCell {
  readonly id: number;
  readonly memoryKiB: number;
  readonly pages: readonly { readonly sizeKiB: number; readonly total: number }[];
  readonly cpus: readonly HostCpu[];
}

export interface HostCpu {
  readonly id: number;
  readonly socket: number;
  readonly core: number;
  /** Ids of the threads of one core, itself among them. */
  readonly siblings: readonly number[];
}

export interface GuestSupport {
  readonly arch: string;
  readonly emulator: string | null;
  readonly machines: readonly {
    readonly name: string;
    readonly canonical: string | null;
    readonly maxCpus: number | null;
  }[];
  /** `qemu`, `kvm` … */
  readonly domainTypes: readonly string[];
}

/** Reads `virConnectGetCapabilities`. Throws `XML_MALFORMED` or `XML_REFUSED`. */
export function readCapabilities(xml: string): Capabilities {
  const root = parseXml(xml, "libvirt's capabilities");
  const host = find(root, 'host');
  const cpu = find(root, 'host', 'cpu');
  const cells = find(root, 'host', 'topology', 'cells');
  return {
    hostUuid: textOf(host && find(host, 'uuid')) ?? null,
    arch: textOf(cpu && find(cpu, 'arch')) ?? '',
    cpuModel: textOf(cpu && find(cpu, 'model')) ?? null,
    cpuVendor: textOf(cpu && find(cpu, 'vendor')) ?? null,
    cpuFeatures: cpu === undefined ? [] : childElements(cpu, 'feature').flatMap(nameOf),
    cells: cells === undefined ? [] : childElements(cells, 'cell').map(readCell),
    guests: childElements(root, 'guest').flatMap(readGuest),
  };
}

function readCell(cell: Element): HostCell {
  const cpus = find(cell, 'cpus');
  return {
    id: numberOf(cell, 'id') ?? 0,
    memoryKiB: Number(textOf(find(cell, 'memory')) ?? 0),
    pages: childElements(cell, 'pages').map((pages) => ({
      sizeKiB: numberOf(pages, 'size') ?? 0,
      total: Number(textOf(pages)),
    })),
    cpus: cpus === undefined ? [] : childElements(cpus, 'cpu').map(readCpu),
  };
}

function readCpu(cpu: Element): HostCpu {
  const id = numberOf(cpu, 'id') ?? 0;
  return {
    id,
    socket: numberOf(cpu, 'socket_id') ?? 0,
    core: numberOf(cpu, 'core_id') ?? id,
    siblings: readCpuSet(attributeOf(cpu, 'siblings') ?? String(id)),
  };
}

/** `0-2,5` → [0, 1, 2, 5]. */
export function readCpuSet(text: string): readonly number[] {
  return text.split(',').flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split('-').map(Number);
    return Number.isNaN(first)
      ? []
      : Array.from({ length: last - first + 1 }, (_unused, step) => first + step);
  });
}

function readGuest(guest: Element): readonly GuestSupport[] {
  const arch = find(guest, 'arch');
  const name = attributeOf(arch, 'name');
  if (arch === undefined || name === undefined) return [];
  if (textOf(find(guest, 'os_type')) !== 'hvm') return [];
  return [
    {
      arch: name,
      emulator: textOf(find(arch, 'emulator')) ?? null,
      machines: childElements(arch, 'machine').map((machine) => ({
        name: textOf(machine) ?? '',
        canonical: attributeOf(machine, 'canonical') ?? null,
        maxCpus: numberOf(machine, 'maxCpus'),
      })),
      domainTypes: childElements(arch, 'domain').flatMap((domain) => attributeOf(domain, 'type') ?? []),
    },
  ];
}

function nameOf(node: Element): readonly string[] {
  const name = attributeOf(node, 'name');
  return name === undefined ? [] : [name];
}

function numberOf(node: Element, attribute: string): number | null {
  const text = attributeOf(node, attribute);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
