// The disks that a domain has: in the document of the running one, and in its definition.
import type { Domain } from '../../libvirt/index.ts';
import {
  attributeOf,
  childElements,
  type Element,
  element,
  find,
  parseXml,
} from '../../libvirt-xml/index.ts';
import { type Instance, type PowerState, type Volume, volumeAlias } from '../../model/index.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';

/** A domain of an instance as it was found. */
export interface ShownDomain {
  /** Null where libvirt knows none: then only the record is changed, from which it is defined at the next start. */
  readonly domain: Domain | null;
  /** `<devices>` of the running domain; null when it is off. */
  readonly live: Element | null;
  /** `<devices>` of the definition. */
  readonly definition: Element | null;
}

const OFF: ReadonlySet<PowerState> = new Set(['NOSTATE', 'SHUTDOWN', 'CRASHED']);

export async function showDomain(tools: Tools, instance: Instance): Promise<ShownDomain> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return { domain: null, live: null, definition: null };
  // asked at once, since each answer takes a turn through libvirtd; of one that is off the first is not looked at
  const [power, live, definition] = await Promise.all([
    powerStateOf(domain),
    domain.xml(),
    domain.xml({ inactive: true }),
  ]);
  return {
    domain,
    live: OFF.has(power) ? null : devicesIn(live),
    definition: devicesIn(definition),
  };
}

export function devicesIn(xml: string): Element {
  return find(parseXml(xml, "a domain's XML"), 'devices') ?? element('devices');
}

export function disksIn(devices: Element | null): readonly Element[] {
  return devices === null ? [] : childElements(devices, 'disk');
}

export function targetOf(disk: Element): string {
  return attributeOf(find(disk, 'target'), 'dev') ?? '';
}

export function diskAt(devices: Element | null, target: string): Element | undefined {
  return disksIn(devices).find((disk) => targetOf(disk) === target);
}

/** Whether a device is this volume. */
export function isVolume(volume: Pick<Volume, 'id'>): (device: Element) => boolean {
  const alias = volumeAlias(volume);
  return (device) => device.name === 'disk' && attributeOf(find(device, 'alias'), 'name') === alias;
}

/** All names that a new disk may not have. */
export function takenTargets(instance: Instance, { live, definition }: ShownDomain): ReadonlySet<string> {
  const shown = [...disksIn(live), ...disksIn(definition)].map(targetOf);
  const recorded = [...instance.disks, ...instance.volumes].map(({ target }) => target);
  return new Set([...shown, ...recorded]);
}

/** The file or the device behind a disk; null for an empty drive, and for a disk on a server. */
export function sourcePath(disk: Element | undefined): string | null {
  const source = disk === undefined ? undefined : find(disk, 'source');
  return attributeOf(source, 'file') ?? attributeOf(source, 'dev') ?? null;
}
