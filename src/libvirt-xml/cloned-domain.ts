// The XML of a domain that goes on from another one's saved memory. What the guest sees of its machine stays, to the last
// device address, since its memory knows it so; what says which machine it is, and where its files lie, is exchanged.
import { Fault } from '../base/index.ts';
import {
  attributeOf,
  childElements,
  type Element,
  element,
  find,
  isElement,
  textElement,
  textOf,
} from './element.ts';
import { parseXml } from './parse.ts';
import { serializeXml } from './serialize.ts';

export interface ClonedDomain {
  readonly name: string;
  readonly uuid: string;
  /** Of the VM generation; it takes the place of one that is there, and the guest's kernel then makes new random numbers. */
  readonly genid: string;
  /** What takes the place of the children of `<metadata>`. */
  readonly metadata: readonly Element[];
  /** By target, such as `vda`: where the disk lies now, or null for a drive that is empty now. Every disk is to be named. */
  readonly disks: ReadonlyMap<string, ClonedDisk | null>;
  /**
   * Where other files lie now, by where they lay: logs of consoles and NVRAM, which are all to be named; kernel, ramdisk;
   * sockets of channels, which libvirt chooses for those that are not named.
   */
  readonly files: ReadonlyMap<string, string>;
}

export interface ClonedDisk {
  readonly file: string;
  readonly format: 'qcow2' | 'raw';
}

/** Devices whose state is not all in the memory, or that are somebody's alone. */
const UNCLONABLE: ReadonlySet<string> = new Set(['tpm', 'hostdev', 'filesystem', 'shmem', 'vsock']);
const CHARACTER_DEVICES: ReadonlySet<string> = new Set(['serial', 'parallel', 'console', 'channel']);

/**
 * Throws `TEMPLATE_NOT_CLONABLE` for a device that cannot be had twice, or a file of the saved domain's own for which no other
 * is named; `XML_MALFORMED` or `XML_REFUSED`.
 */
export function clonedDomainXml(savedXml: string, clone: ClonedDomain): string {
  const root = parseXml(savedXml, 'the XML of a saved domain');
  const old = textOf(find(root, 'uuid')) ?? '';
  const attributes = new Map(root.attributes);
  attributes.delete('id'); // of a domain that runs
  const children = root.children.filter(isElement).map((child) => {
    switch (child.name) {
      case 'name':
        return textElement('name', clone.name);
      case 'uuid':
        return textElement('uuid', clone.uuid);
      case 'genid':
        return textElement('genid', clone.genid);
      case 'metadata':
        return element('metadata', {}, clone.metadata);
      case 'sysinfo':
        return withUuid(child, old, clone.uuid);
      case 'os':
        return withFiles(child, clone.files);
      case 'devices':
        return withDevices(child, clone);
      default:
        return child;
    }
  });
  return serializeXml({ ...root, attributes, children });
}

/** libvirt refuses a domain whose SMBIOS names another UUID; the serial number is the same one. */
function withUuid(node: Element, old: string, uuid: string): Element {
  const children = node.children.map((child) => {
    if (isElement(child)) return withUuid(child, old, uuid);
    return child === old ? uuid : child;
  });
  return { ...node, children };
}

function withFiles(os: Element, files: ReadonlyMap<string, string>): Element {
  const children = os.children.map((child) => {
    if (!isElement(child) || !['nvram', 'kernel', 'initrd', 'dtb'].includes(child.name)) return child;
    const path = textOf(child)?.trim() ?? '';
    const now = files.get(path);
    if (now !== undefined) return { ...child, children: [now] };
    if (child.name === 'nvram' && path !== '') throw notClonable(`its NVRAM ${path} is its own`);
    return child;
  });
  return { ...os, children };
}

function withDevices(devices: Element, clone: ClonedDomain): Element {
  const targets = new Set(childElements(devices, 'disk').map(targetOf));
  for (const target of clone.disks.keys()) {
    if (!targets.has(target)) throw notClonable(`it has no disk ${target}`);
  }
  const children = devices.children.filter(isElement).map((device) => {
    if (UNCLONABLE.has(device.name)) throw notClonable(`it has a device of the kind ${device.name}`);
    if (device.name === 'disk') return withSource(device, clone.disks);
    if (CHARACTER_DEVICES.has(device.name)) return withPaths(device, clone.files);
    return device.name === 'graphics' ? locked(device) : device;
  });
  return { ...devices, children };
}

function targetOf(disk: Element): string {
  return attributeOf(find(disk, 'target'), 'dev') ?? '';
}

function withSource(disk: Element, disks: ReadonlyMap<string, ClonedDisk | null>): Element {
  const target = targetOf(disk);
  const isEmpty = find(disk, 'source') === undefined;
  const now = disks.get(target);
  if (now === undefined && !isEmpty) throw notClonable(`its disk ${target} is its own`);
  const attributes = new Map(disk.attributes).set('type', 'file');
  const others = disk.children
    .filter(isElement)
    .filter(({ name }) => name !== 'source' && name !== 'backingStore' && name !== 'mirror');
  if (now === undefined || now === null) return { ...disk, attributes, children: others };
  const children = others.flatMap((child) => {
    if (child.name === 'driver') {
      return { ...child, attributes: new Map(child.attributes).set('type', now.format) };
    }
    return child.name === 'target' ? [element('source', { file: now.file }), child] : child;
  });
  return { ...disk, attributes, children };
}

function withPaths(device: Element, files: ReadonlyMap<string, string>): Element {
  const children = device.children.filter(isElement).flatMap((child) => {
    const attribute = fileAttribute(device, child);
    if (attribute === undefined) return [child];
    const path = attributeOf(child, attribute) ?? '';
    const now = files.get(path);
    if (now !== undefined) return [{ ...child, attributes: new Map(child.attributes).set(attribute, now) }];
    if (attributeOf(child, 'mode') === 'bind') return []; // libvirt chooses a socket by the name of the domain
    throw notClonable(`its log ${path} is its own`);
  });
  return { ...device, children };
}

/** Which attribute names a file that QEMU or libvirt makes. */
function fileAttribute(device: Element, child: Element): 'file' | 'path' | undefined {
  if (child.name === 'log') return 'file';
  if (child.name !== 'source') return undefined;
  const isMade = attributeOf(device, 'type') === 'file' || attributeOf(child, 'mode') === 'bind';
  return isMade ? 'path' : undefined;
}

/** A password of the saved domain's display opens nothing any more. */
function locked(graphics: Element): Element {
  if (attributeOf(graphics, 'passwd') === undefined) return graphics;
  const attributes = new Map(graphics.attributes).set('passwd', 'closed');
  return { ...graphics, attributes: attributes.set('passwdValidTo', '1970-01-01T00:00:01') };
}

function notClonable(why: string): Fault {
  return new Fault('unsupported', 'TEMPLATE_NOT_CLONABLE', `The saved domain cannot be cloned: ${why}`, {
    hint: 'Make a template without it, or boot the guest from its image.',
  });
}
