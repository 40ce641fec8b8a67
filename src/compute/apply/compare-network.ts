// What has to be done to a network or a port of a name of its own. Pure. Neither is changed: one that nobody uses is made anew.
import { checkNetwork } from '../networks/check-network.ts';
import type { NetworkCreateRequest, NetworkView } from '../networks/requests.ts';
import type { PortCreateRequest, PortView } from '../ports/requests.ts';
import { creation, nothing, type PlannedStep } from './planned-step.ts';
import type { Difference } from './requests.ts';

/** Throws `NETWORK_NAME_INVALID` and `NETWORK_REQUEST_INVALID`. */
export function compareNetwork(wanted: NetworkCreateRequest, found: NetworkView | undefined): PlannedStep {
  checkNetwork(wanted);
  const { name, subnet, forward, domain, mtu } = wanted;
  const subject = { kind: 'network', name } as const;
  const told = { subnet, forward, domain, mtu: mtu === undefined ? undefined : `${mtu}` };
  if (found === undefined) return creation(subject, told, [{ kind: 'create-network', request: wanted }]);
  if (!found.isManaged) return nothing(subject, 'there is one of that name that this novalet did not make');
  const now = {
    subnet: found.subnet,
    forward: found.forward,
    domain: found.domain,
    mtu: found.mtu === null ? null : `${found.mtu}`,
  };
  const differences = differencesOf(told, now);
  if (differences.length > 0) {
    const users = [
      ...found.instances.map((one) => `instance ${one}`),
      ...found.ports.map((one) => `port ${one}`),
    ];
    const words = differences.map(({ key }) => key).join(', ');
    if (users.length > 0)
      return nothing(subject, `its ${words} cannot change while ${users.join(', ')} has it`);
    const acts = [
      { kind: 'remove-network', name } as const,
      { kind: 'create-network', request: wanted } as const,
    ];
    return { ...nothing(subject), action: 'replace', differences, acts };
  }
  if (found.isActive) return nothing(subject);
  return {
    ...nothing(subject),
    action: 'change',
    differences: [{ key: 'state', from: 'off', to: 'on' }],
    acts: [{ kind: 'create-network', request: asItIs(wanted, found) }],
  };
}

/** What a process left that died: it is finished by asking for the same again. */
function asItIs(wanted: NetworkCreateRequest, { subnet, domain }: NetworkView): NetworkCreateRequest {
  return { ...(subnet === null ? {} : { subnet }), ...(domain === null ? {} : { domain }), ...wanted };
}

/** `managed`: the network of a port of which no other is said. */
export function comparePort(
  wanted: PortCreateRequest,
  found: PortView | undefined,
  managed: string,
): PlannedStep {
  const { name, network = managed, mac, address } = wanted;
  const subject = { kind: 'port', name } as const;
  const told = { network, mac: mac?.toLowerCase(), address: address?.split('/')[0] };
  if (found === undefined) return creation(subject, told, [{ kind: 'create-port', request: wanted }]);
  const addresses = found.addresses.map((one) => one.address);
  const isThere = address !== undefined && addresses.includes(told.address ?? '');
  const now = {
    network: found.network === 'user' && wanted.network === undefined ? managed : found.network,
    mac: found.mac.toLowerCase(),
    address: isThere ? (told.address ?? null) : (addresses[0] ?? null),
  };
  const differences = differencesOf(told, now);
  if (differences.length === 0) return nothing(subject);
  const words = differences.map(({ key }) => key).join(', ');
  if (found.instance !== null)
    return nothing(subject, `its ${words} cannot change while instance ${found.instance.name} has it`);
  return {
    ...nothing(subject),
    action: 'replace',
    differences,
    acts: [
      { kind: 'remove-port', name },
      { kind: 'create-port', request: wanted },
    ],
  };
}

/** Of what is told alone. */
function differencesOf(
  told: Readonly<Record<string, string | undefined>>,
  now: Readonly<Record<string, string | null>>,
): readonly Difference[] {
  return Object.entries(told).flatMap(([key, to]) => {
    const from = now[key] ?? null;
    return to === undefined || to === from ? [] : [{ key, from, to }];
  });
}
