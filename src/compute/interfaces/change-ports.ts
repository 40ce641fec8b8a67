// Ports of a record that come and go, together with the addresses that are kept for them.
import { Fault } from '../../base/index.ts';
import type { GuestLink, Instance, Port } from '../../model/index.ts';
import type { Tools } from '../tools.ts';

/** Takes the port out of the record, and frees its addresses. Fine when it is gone. */
export function dropPort({ store }: Tools, instanceId: string, port: Port): void {
  store.transaction(() => {
    store.addresses.releaseOf(instanceId, port.mac);
    if (store.instances.get(instanceId) === undefined) return;
    store.instances.change(instanceId, (current) => without(current, port));
  });
}

/** The cards behind it have a smaller number afterwards, also in VLANs and bonds over them. */
export function without(instance: Instance, port: Port): Instance {
  const number = instance.ports.findIndex(({ id }) => id === port.id);
  if (number < 0) return instance;
  const ports = instance.ports.filter(({ id }) => id !== port.id);
  return { ...instance, ports, links: instance.links.map((link) => renumbered(link, number)) };
}

function renumbered(link: GuestLink, gone: number): GuestLink {
  const next = (card: number) => (card > gone ? card - 1 : card);
  if (link.kind === 'bond') return { ...link, members: link.members.map(next) };
  return typeof link.over === 'number' ? { ...link, over: next(link.over) } : link;
}

/** Throws `INTERFACE_IN_USE` for a card that a VLAN or a bond lies over. */
export function requireUnused(instance: Instance, port: Port): void {
  const number = instance.ports.findIndex(({ id }) => id === port.id);
  const link = instance.links.find((one) =>
    one.kind === 'bond' ? one.members.includes(number) : one.over === number,
  );
  if (link === undefined) return;
  throw new Fault(
    'conflict',
    'INTERFACE_IN_USE',
    `The interface ${port.mac} of ${instance.name} carries ${link.name}, which the guest was told to make of it`,
    { hint: 'Launch the instance anew without that VLAN or bond.' },
  );
}

/** By MAC address, id or a beginning of it, tap, or address. Throws `INTERFACE_NOT_FOUND`. */
export function findPort(instance: Instance, which: string): Port {
  const word = which.toLowerCase();
  const isIt = ({ id, mac, deviceName, fixedIps }: Port) =>
    mac === word || id === word || deviceName === word || fixedIps.some(({ address }) => address === word);
  const exact = instance.ports.filter(isIt);
  const found =
    exact.length > 0 || word.length < 4 ? exact : instance.ports.filter(({ id }) => id.startsWith(word));
  const [port, ...others] = found;
  if (port !== undefined && others.length === 0) return port;
  const macs = instance.ports.map(({ mac }) => mac).join(', ');
  throw new Fault(
    'not-found',
    'INTERFACE_NOT_FOUND',
    others.length > 0
      ? `"${which}" is the beginning of several interfaces of ${instance.name}`
      : `${instance.name} has no interface "${which}"`,
    {
      hint:
        macs === '' ? 'It has none at all.' : `There are: ${macs}. novalet interface list ${instance.name}`,
    },
  );
}
