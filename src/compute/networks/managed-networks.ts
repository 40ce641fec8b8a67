// The networks whose addresses this novalet keeps, as they are now.
import { readNetworks, type StaticLeases, staticLeasesOf } from '../../network/index.ts';
import type { Tools } from '../tools.ts';
import { isManaged } from './network-views.ts';

/** By name. */
export async function managedNetworks(tools: Tools): Promise<ReadonlyMap<string, StaticLeases>> {
  const found = await readNetworks(await tools.libvirt.control());
  const kept = new Map<string, StaticLeases>();
  for (const { description } of found) {
    const leases = staticLeasesOf(description);
    if (leases !== null && (await isManaged(tools, description))) kept.set(description.name, leases);
  }
  return kept;
}
