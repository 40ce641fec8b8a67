// A device in the XML of a domain that libvirt has: the running one, or the definition that its next start follows.
import type { Domain } from '../../libvirt/index.ts';
import { attributeOf, childElements, type Element, find, parseXml } from '../../libvirt-xml/index.ts';

/** `live` when the domain runs, and `definition` when it is kept: which of its two documents a device is looked for in. */
export type DomainSide = 'live' | 'definition';

export async function findDevice(
  domain: Domain,
  side: DomainSide,
  isIt: (device: Element) => boolean,
): Promise<Element | undefined> {
  const xml = await domain.xml({ inactive: side === 'definition' });
  const devices = find(parseXml(xml, "a domain's XML"), 'devices');
  return devices === undefined ? undefined : childElements(devices).find(isIt);
}

/** What libvirt's events name it by; none in a definition, but for `ua-…`, which are ours. */
export function aliasOf(device: Element): string | undefined {
  return attributeOf(find(device, 'alias'), 'name');
}
