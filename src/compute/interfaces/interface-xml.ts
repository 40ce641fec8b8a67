// One network card as libvirt is told of it. Pure: the same element as in the instance's whole domain.
import { attributeOf, deviceElement, type Element, find, serializeXml } from '../../libvirt-xml/index.ts';
import type { Instance, Port } from '../../model/index.ts';
import { type DomainContext, domainInputOf } from '../domain-of.ts';
import { guestOptions } from '../guest-options.ts';
import { interfaceDevice } from '../interface-device.ts';

export function interfaceXml(instance: Instance, port: Port, context: DomainContext): string {
  const input = domainInputOf(instance, context);
  return serializeXml(deviceElement(interfaceDevice(port, input, guestOptions(input))));
}

/** Whether a device of a domain is this port's. */
export function isInterfaceOf({ mac }: Pick<Port, 'mac'>): (device: Element) => boolean {
  return (device) =>
    device.name === 'interface' && attributeOf(find(device, 'mac'), 'address')?.toLowerCase() === mac;
}
