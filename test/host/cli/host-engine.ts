// An engine for the whole command line whose every guest is this host (host-guest-process.ts puts it in place).
import type { Compute, SpawnRequest } from '../../../src/compute/index.ts';
import { Files } from '../../../src/guest/index.ts';
import { HostRoad } from '../../fakes/host-road.ts';

export async function openEngine(): Promise<Compute> {
  const road = await HostRoad.open('gnu');
  const guest = { files: new Files(road), spawn: (request: SpawnRequest) => road.spawn(request) };
  const compute: unknown = {
    guest: async () => guest,
    [Symbol.asyncDispose]: () => road[Symbol.asyncDispose](),
  };
  return compute as Compute;
}
