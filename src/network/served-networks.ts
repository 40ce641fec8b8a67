// The networks in which a guest is known by its address: those that keep one for each port. What the metadata service has
// to know of them is read from libvirt, since somebody may have made a network anew.
import type { Connection } from '../libvirt/index.ts';
import { readOneNetwork } from './read-networks.ts';
import { networkTarget } from './target.ts';

export interface AddressKeeper {
  readonly name: string;
  readonly bridge: string;
  /** The host's own address on the bridge. */
  readonly gateway: string;
}

/** Of these libvirt networks those that are active, and keep addresses. */
export async function findAddressKeepers(
  connection: Connection,
  names: readonly string[],
): Promise<readonly AddressKeeper[]> {
  const found = await Promise.all(names.map((name) => findOne(connection, name)));
  return found.flatMap((one) => one ?? []);
}

async function findOne(connection: Connection, name: string): Promise<AddressKeeper | undefined> {
  const found = await readOneNetwork(connection, name);
  if (found === undefined || !found.isActive) return undefined;
  const { bridge, staticLeases } = networkTarget(found.description, true);
  return bridge === '' || staticLeases === null ? undefined : { name, bridge, gateway: staticLeases.gateway };
}
