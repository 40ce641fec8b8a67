// `<metadata>` of a domain: the instance in Nova's namespace, so that what reads Nova's domains reads ours.
import { type Element, element, textElement } from '../libvirt-xml/index.ts';
import type { FixedIp, Port } from '../model/index.ts';
import type { DomainInput } from './domain-input.ts';

export const NOVA_NAMESPACE = 'http://openstack.org/xmlns/libvirt/nova/1.1';

export function novaInstanceElement(input: DomainInput): Element {
  const { flavor, displayName, createdAt, rootImageId } = input;
  return element(
    'nova:instance',
    { 'xmlns:nova': NOVA_NAMESPACE },
    element('nova:package', { version: input.hardware.options.packageVersion }),
    displayName !== null && textElement('nova:name', displayName),
    createdAt !== null && textElement('nova:creationTime', createdAt),
    element(
      'nova:flavor',
      { name: flavor.name },
      textElement('nova:memory', flavor.memoryMiB),
      textElement('nova:disk', flavor.rootGiB),
      textElement('nova:swap', flavor.swapMiB),
      textElement('nova:ephemeral', flavor.ephemeralGiB),
      textElement('nova:vcpus', flavor.vcpus),
    ),
    ownerElement(input),
    rootImageId !== null && element('nova:root', { type: 'image', uuid: rootImageId }),
    element('nova:ports', {}, input.ports.map(portElement)),
  );
}

function ownerElement({ owner }: DomainInput): Element | undefined {
  if (owner === null) return undefined;
  const { userId, userName, projectId, projectName } = owner;
  return element(
    'nova:owner',
    {},
    userId !== null && element('nova:user', { uuid: userId }, userName),
    projectId !== null && element('nova:project', { uuid: projectId }, projectName),
  );
}

function portElement(port: Port): Element {
  return element('nova:port', { uuid: port.id }, port.fixedIps.map(ipElement));
}

function ipElement({ address }: FixedIp): Element {
  return element('nova:ip', { type: 'fixed', address, ipVersion: address.includes(':') ? 6 : 4 });
}
