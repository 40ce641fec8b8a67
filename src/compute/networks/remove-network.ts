// Takes a network of ours away. A process that is killed between stopping and removing it leaves one that is off, which the next
// one removes, or starts.
import { Fault } from '../../base/index.ts';
import type { Connection } from '../../libvirt/index.ts';
import { type FoundNetwork, networkLease, readNetworks } from '../../network/index.ts';
import type { ActOptions } from '../compute.ts';
import type { Tools } from '../tools.ts';
import { underNetworkLease } from './network-turn.ts';
import { isManaged, networkNotFound, viewOf } from './network-views.ts';

/** Networks.remove. */
export async function removeNetwork(tools: Tools, name: string, { signal }: ActOptions): Promise<void> {
  const connection = await tools.libvirt.control();
  await requireOurs(tools, await find(connection, name)); // before anybody waits
  await underNetworkLease(
    tools,
    'remove',
    signal,
  )(networkLease(name), async () => {
    const found = await find(connection, name);
    await requireOurs(tools, found);
    await requireUnused(tools, found);
    const { network, isActive } = found;
    if (isActive) await network.destroy();
    await network.undefine();
  });
}

async function find(connection: Connection, name: string): Promise<FoundNetwork> {
  const all = await readNetworks(connection);
  const found = all.find(({ description }) => description.name === name);
  if (found !== undefined) return found;
  throw networkNotFound(
    name,
    all.map(({ description }) => description.name),
  );
}

async function requireOurs(tools: Tools, { description }: FoundNetwork): Promise<void> {
  if (await isManaged(tools, description)) return;
  const { name } = description;
  throw new Fault('denied', 'NETWORK_NOT_MANAGED', `The network ${name} was not made by this novalet`, {
    hint: `novalet changes no network of others. To remove it all the same: virsh net-destroy ${name} && virsh net-undefine ${name}`,
    details: { network: name },
  });
}

async function requireUnused(tools: Tools, found: FoundNetwork): Promise<void> {
  const { name, instances, ports } = await viewOf(tools, found);
  const { connections = 0 } = found.description;
  const users = [...instances.map((one) => `instance ${one}`), ...ports.map((one) => `port ${one}`)];
  if (users.length === 0 && connections > 0) users.push(`${connections} interfaces of others`);
  if (users.length === 0) return;
  throw new Fault('conflict', 'NETWORK_IN_USE', `The network ${name} is in use by ${users.join(', ')}`, {
    hint: 'Delete them or take their interfaces off first: novalet interface detach, novalet port delete.',
    details: { network: name },
  });
}
