// libvirt's networks as they are described now, whoever made them.
import { isFault } from '../base/index.ts';
import type { Connection, Network } from '../libvirt/index.ts';
import { type Network as Description, readNetwork } from '../libvirt-xml/index.ts';

export interface FoundNetwork {
  readonly network: Network;
  readonly description: Description;
  readonly isActive: boolean;
}

export async function readNetworks(connection: Connection): Promise<readonly FoundNetwork[]> {
  const listed = await connection.listNetworks();
  const found = await Promise.all(listed.map(({ network }) => lookAt(network)));
  return found.flatMap((one) => one ?? []);
}

/** Undefined where there is none of this name. */
export async function readOneNetwork(
  connection: Connection,
  name: string,
): Promise<FoundNetwork | undefined> {
  const network = await connection.findNetwork({ name });
  return network && (await lookAt(network));
}

/** Undefined where it went meanwhile. */
async function lookAt(network: Network): Promise<FoundNetwork | undefined> {
  try {
    return { network, description: readNetwork(await network.xml()), isActive: await network.isActive() };
  } catch (error) {
    if (isFault(error, 'NETWORK_NOT_FOUND')) return undefined;
    throw error;
  }
}
