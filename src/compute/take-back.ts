// Removes all that an instance has or may have (of an adopted one the definition alone): what `delete` does, what a failed
// launch does, and what recovery does after a process died. It follows from the record alone and asks nothing that a half-made instance could not answer, so it
// can be run again from the start at any time.
import type { Domain } from '../libvirt/index.ts';
import type { Instance } from '../model/index.ts';
import { removeInstanceDirectory } from '../storage/index.ts';
import { releaseBase } from './base-use.ts';
import { takeBackAdopted } from './delete-adopted.ts';
import { forgetDefinition } from './forget-definition.ts';
import type { Tools } from './tools.ts';
import { unlessGone } from './unless-gone.ts';

export async function takeBack(tools: Tools, instance: Instance): Promise<void> {
  if (instance.adoption !== null) return await takeBackAdopted(tools, instance);
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined) await removeDomain(domain);
  await removeInstanceDirectory(tools.paths.instances, instance.id);
  if (instance.shelvedImage !== undefined) await removeShelved(tools, instance.shelvedImage);
  tools.store.transaction(() => {
    tools.store.addresses.release(instance.id);
    tools.store.instances.remove(instance.id);
  });
  await releaseBase(tools, instance.image.id);
  if (instance.rescue !== null) await releaseBase(tools, instance.rescue.image.id);
}

/** Pulls the plug and undefines, with all that libvirt keeps beside a domain. */
async function removeDomain(domain: Domain): Promise<void> {
  await unlessGone(() => domain.destroy(), 'LIBVIRT_STATE_CONFLICT');
  await forgetDefinition(domain);
}

/** As Nova does with the image that has the disk of a shelved instance. */
async function removeShelved(tools: Tools, image: string): Promise<void> {
  const { removeImage } = await import('./life/shelve.ts');
  await removeImage(tools, image);
}
