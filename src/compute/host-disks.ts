// The disks of a running domain, with what a guest can see of each: address, serial, bus.
import type { HostDisk } from '../guest/index.ts';
import { attributeOf, childElements, type Element, find, parseXml, textOf } from '../libvirt-xml/index.ts';

/** Reads them from the live XML of a domain. */
export function hostDisksIn(xml: string): HostDisk[] {
  const devices = find(parseXml(xml, "a domain's XML"), 'devices');
  if (devices === undefined) return [];
  return childElements(devices, 'disk').flatMap((disk) => {
    const target = find(disk, 'target');
    const name = attributeOf(target, 'dev');
    if (name === undefined) return [];
    return [
      {
        target: name,
        bus: attributeOf(target, 'bus') ?? '',
        serial: textOf(find(disk, 'serial')) ?? null,
        pci: pciAddress(find(disk, 'address')),
        drive: driveAddress(find(disk, 'address')),
      },
    ];
  });
}

function pciAddress(address: Element | undefined): HostDisk['pci'] {
  if (attributeOf(address, 'type') !== 'pci') return null;
  const part = (key: string) => numberIn(address, key);
  return { domain: part('domain'), bus: part('bus'), slot: part('slot'), function: part('function') };
}

function driveAddress(address: Element | undefined): HostDisk['drive'] {
  if (attributeOf(address, 'type') !== 'drive') return null;
  const part = (key: string) => numberIn(address, key);
  return { bus: part('bus'), target: part('target'), unit: part('unit') };
}

/** Decimal, or hexadecimal as `0x03`. */
function numberIn(address: Element | undefined, key: string): number {
  return Number(attributeOf(address, key) ?? '0');
}
