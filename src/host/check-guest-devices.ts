// Can a guest have the devices that novalet counts on: the agent's channel above all?
import { attributeOf, childElements, find, parseXml, textOf } from '../libvirt-xml/index.ts';
import { type Finding, ok, problem } from './finding.ts';

/** Pure: from virConnectGetDomainCapabilities. libvirt before 8.1 does not list channels, and can make them. */
export function decideAgentChannel(domainCapabilities: string): Finding {
  const check = 'agent-channel';
  const root = parseXml(domainCapabilities, "libvirt's domain capabilities");
  const channel = find(root, 'devices', 'channel');
  const types = channel === undefined ? undefined : childElements(channel, 'enum').flatMap(valuesOfType);
  if (types === undefined)
    return ok(check, 'libvirt does not say which channels it can make; it is old, and can make them');
  if (attributeOf(channel, 'supported') === 'yes' && types.includes('unix')) {
    return ok(check, 'Guests can have a virtio-serial channel to their agent');
  }
  return problem(
    check,
    'QEMU here cannot give guests a virtio-serial channel: no command inside a guest works',
    'Install the full emulator: apt install qemu-system-x86 (or qemu-system-arm)',
  );

  function valuesOfType(list: ReturnType<typeof childElements>[number]): readonly string[] {
    if (attributeOf(list, 'name') !== 'type') return [];
    return childElements(list, 'value').flatMap((value) => textOf(value) ?? []);
  }
}
