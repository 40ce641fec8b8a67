// After a process died that was copying an instance's disks: its job is ended, its guest thawed. Its files have the name of
// a dead owner, and recovery sweeps them.
import { asFault, within } from '../../base/index.ts';
import { readFrozen, thaw } from '../../guest/index.ts';
import type { Instance } from '../../model/index.ts';
import { sweepTemporaries } from '../../storage/index.ts';
import { instancePaths } from '../paths.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import { endCopies } from './end-copies.ts';

/** A guest that is frozen thaws by itself; this only keeps whoever comes next from waiting for one that hangs. */
const THAW_TIMEOUT_MS = 20_000;

export async function repairCopies(tools: Tools, instance: Instance): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return;
  const power = await powerStateOf(domain);
  if (power === 'SHUTDOWN' || power === 'CRASHED' || power === 'NOSTATE') return;
  await endCopies(tools, instance, domain);
  await sweepTemporaries(instancePaths(tools.paths.instances, instance.id).directory); // QEMU may have made it meanwhile
  if (power === 'RUNNING') await thawAbandoned(tools, instance);
}

/** The agent refuses most commands until it is asked to thaw, also when the guest has thawed by itself. */
export async function thawAbandoned(tools: Tools, instance: Instance): Promise<void> {
  const agents = await tools.agents.get();
  if ((await agents.channelState(instance)) !== 'connected') return;
  try {
    await within(THAW_TIMEOUT_MS, `the guest of ${instance.name} to thaw`, (signal) =>
      agents.use(instance, async (agent) => {
        if (await readFrozen(agent, { signal })) await thaw(agent, { signal });
      }),
    );
  } catch (error) {
    tools.log.warn(
      { err: asFault(error), instance: instance.id },
      `the guest of ${instance.name} may be frozen, and thaws by itself; then: novalet thaw ${instance.name}`,
    );
  }
}
