// What one emulator offers for one machine type. Rules: https://libvirt.org/formatdomaincaps.html
import { attributeOf, childElements, type Element, find, textOf } from './element.ts';
import { parseXml } from './parse.ts';

export interface DomainCapabilities {
  readonly emulator: string;
  readonly virtType: string;
  readonly machineType: string;
  readonly arch: string;
  readonly maxVcpus: number | null;
  /** Firmware images that libvirt found. */
  readonly loaders: readonly string[];
  /** Whether a loader with secure boot may be asked for. */
  readonly secureLoader: boolean;
  /** `host-model`, `maximum` … that work here. */
  readonly cpuModes: readonly string[];
  /** Named models that work here. */
  readonly cpuModels: readonly string[];
  readonly diskBuses: readonly string[];
  readonly videoModels: readonly string[];
  /** TPMs that can be emulated; none where libvirt finds no swtpm. */
  readonly tpmModels: readonly string[];
}

/** Reads `virConnectGetDomainCapabilities`. Throws `XML_MALFORMED` or `XML_REFUSED`. */
export function readDomainCapabilities(xml: string): DomainCapabilities {
  const root = parseXml(xml, "libvirt's domain capabilities");
  const modes = childElements(find(root, 'cpu') ?? root, 'mode').filter(isSupported);
  const named = modes.find((mode) => attributeOf(mode, 'name') === 'custom');
  const loader = find(root, 'os', 'loader');
  const maxVcpus = attributeOf(find(root, 'vcpu'), 'max');
  return {
    emulator: textOf(find(root, 'path')) ?? '',
    virtType: textOf(find(root, 'domain')) ?? '',
    machineType: textOf(find(root, 'machine')) ?? '',
    arch: textOf(find(root, 'arch')) ?? '',
    maxVcpus: maxVcpus === undefined ? null : Number(maxVcpus),
    loaders: loader === undefined ? [] : childElements(loader, 'value').flatMap(textsOf),
    secureLoader: enumValues(loader, 'secure').includes('yes'),
    cpuModes: modes.flatMap((mode) => attributeOf(mode, 'name') ?? []),
    cpuModels: named === undefined ? [] : childElements(named, 'model').filter(isUsable).flatMap(textsOf),
    diskBuses: enumValues(find(root, 'devices', 'disk'), 'bus'),
    videoModels: enumValues(find(root, 'devices', 'video'), 'modelType'),
    tpmModels: emulatedTpms(find(root, 'devices', 'tpm')),
  };
}

/** libvirt names the models that QEMU has, whether or not something can stand behind them. */
function emulatedTpms(tpm: Element | undefined): readonly string[] {
  return enumValues(tpm, 'backendModel').includes('emulator') ? enumValues(tpm, 'model') : [];
}

function isSupported(mode: Element): boolean {
  return attributeOf(mode, 'supported') === 'yes';
}

function isUsable(model: Element): boolean {
  return attributeOf(model, 'usable') !== 'no';
}

function enumValues(parent: Element | undefined, name: string): readonly string[] {
  if (parent === undefined) return [];
  const values = childElements(parent, 'enum').find((list) => attributeOf(list, 'name') === name);
  return values === undefined ? [] : childElements(values, 'value').flatMap(textsOf);
}

function textsOf(node: Element): readonly string[] {
  const text = textOf(node);
  return text === undefined ? [] : [text];
}
