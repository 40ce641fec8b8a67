// Removes all that an instance has or may have: what `delete` does, what a failed launch does, and what recovery does after
// a process died. It follows from the record alone and asks nothing that a half-made instance could not answer, so it
// can be run again from the start at any time.
import { isFault } from '../base/index.ts';
import type { Domain } from '../libvirt/index.ts';
import type { Instance } from '../model/index.ts';
import { removeInstanceDirectory } from '../storage/index.ts';
import { releaseBase } from './base-use.ts';
import type { Tools } from './tools.ts';

export async function takeBack(tools: Tools, instance: Instance): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined) await removeDomain(domain);
  await removeInstanceDirectory(tools.paths.instances, instance.id);
  tools.store.transaction(() => {
    tools.store.addresses.release(instance.id);
    tools.store.instances.remove(instance.id);
  });
  await releaseBase(tools, instance.image.id);
}

/** Pulls the plug and undefines, with all that libvirt keeps beside a domain. */
async function removeDomain(domain: Domain): Promise<void> {
  await unlessGone(() => domain.destroy(), 'LIBVIRT_STATE_CONFLICT');
  await unlessGone(() =>
    domain.undefine({
      nvram: 'remove',
      managedSave: true,
      snapshotsMetadata: true,
      checkpointsMetadata: true,
    }),
  );
}

/** Runs an act on a domain that may stop or vanish by itself at any moment. */
async function unlessGone(act: () => Promise<void>, ...alsoFine: readonly string[]): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isFault(error, 'DOMAIN_NOT_FOUND', ...alsoFine)) throw error;
  }
}
