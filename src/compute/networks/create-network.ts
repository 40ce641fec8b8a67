// A network of its own, made as the managed one is.
import { Fault } from '../../base/index.ts';
import type { Network } from '../../libvirt/index.ts';
import { readNetwork } from '../../libvirt-xml/index.ts';
import {
  createNetwork,
  formatSubnet,
  isBridge,
  type OurNetwork,
  parseSubnet,
  readOneNetwork,
} from '../../network/index.ts';
import type { ActOptions } from '../compute.ts';
import { isSessionMode } from '../settings.ts';
import { realPath } from '../state-owner.ts';
import type { Tools } from '../tools.ts';
import { checkNetwork } from './check-network.ts';
import { underNetworkLease } from './network-turn.ts';
import { isNetworkUsed } from './network-users.ts';
import { forwardOf, isManaged, networkNotFound, subnetText, viewOf } from './network-views.ts';
import type { NetworkCreateRequest, NetworkView } from './requests.ts';

/** Networks.create. */
export async function makeNetwork(
  tools: Tools,
  request: NetworkCreateRequest,
  { signal }: ActOptions,
): Promise<NetworkView> {
  checkNetwork(request);
  const { name } = request;
  if (isSessionMode(tools.settings)) throw needsSystem(name);
  if (isBridge(name)) throw exists(name, 'bridge of this host');
  const connection = await tools.libvirt.control();
  const made = await createNetwork(connection, await wishOf(tools, request), {
    underLease: underNetworkLease(tools, 'make', signal),
    mayReplace: (one) => !isNetworkUsed(tools, one),
    asAsked: async (found) => await isAsAsked(tools, found, request),
  });
  if (made === undefined) throw exists(name, 'libvirt network');
  const found = await readOneNetwork(connection, name);
  if (found === undefined) throw networkNotFound(name, []);
  return await viewOf(tools, found);
}

async function wishOf({ settings, paths }: Tools, request: NetworkCreateRequest): Promise<OurNetwork> {
  const { name, subnet = null, domain = settings.dhcpDomain, forward, mtu } = request;
  return { name, subnet, domain, forward, mtu, state: await realPath(paths.stateDir) };
}

/** What a killed process left of the same request: what is not asked for may be anything. */
async function isAsAsked(tools: Tools, network: Network, request: NetworkCreateRequest): Promise<boolean> {
  const found = readNetwork(await network.xml());
  if (!(await isManaged(tools, found))) return false;
  const [ip] = found.ips;
  const { subnet, forward = 'nat', domain = tools.settings.dhcpDomain, mtu } = request;
  const asked = subnet === undefined ? undefined : parseSubnet(subnet);
  return (
    forwardOf(found) === forward &&
    (found.domain ?? '') === domain &&
    (mtu === undefined || found.mtu === mtu) &&
    (asked === undefined || formatSubnet(asked) === (ip && subnetText(ip.address, ip.prefix)))
  );
}

function exists(name: string, what: string): Fault {
  return new Fault('conflict', 'NETWORK_EXISTS', `There is a ${what} named ${name} already`, {
    hint: `Choose another name; novalet network list shows the networks.`,
    details: { network: name },
  });
}

function needsSystem(name: string): Fault {
  return new Fault(
    'unsupported',
    'NETWORK_NEEDS_SYSTEM',
    `The network "${name}" cannot be made in libvirt's session mode, which has user-mode networking only`,
    { hint: 'Connect to qemu:///system.', details: { network: name } },
  );
}
