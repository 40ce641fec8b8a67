// Removes all that an instance has or may have (of an adopted one the definition alone): what `delete` does, what a failed
// launch does, and what recovery does after a process died. It follows from the record alone and asks nothing that a half-made
// instance could not answer, so it can be run again from the start at any time.
import type { Domain } from '../libvirt/index.ts';
import type { Instance } from '../model/index.ts';
import { removeInstanceDirectory } from '../storage/index.ts';
import { releaseBase } from './base-use.ts';
import type { ActOptions } from './compute.ts';
import { takeBackAdopted } from './delete-adopted.ts';
import { told } from './emit-step.ts';
import { forgetDefinition } from './forget-definition.ts';
import { pullThePlug } from './power.ts';
import { isOn } from './power-state.ts';
import type { Tools } from './tools.ts';

/** Tells of its steps. The `signal` is not heeded: what was begun is to be removed. */
export async function takeBack(tools: Tools, instance: Instance, options: ActOptions = {}): Promise<void> {
  if (instance.adoption !== null) return await takeBackAdopted(tools, instance, options);
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined) await removeDomain(tools, instance, domain, options);
  await told(options, 'remove-files', 'removing its disks', () =>
    removeInstanceDirectory(tools.paths.instances, instance.id),
  );
  if (instance.shelvedImage !== undefined) await removeShelved(tools, instance.shelvedImage);
  tools.store.transaction(() => {
    tools.store.addresses.release(instance.id);
    tools.store.instances.remove(instance.id);
  });
  await releaseBase(tools, instance.image.id);
  if (instance.rescue !== null) await releaseBase(tools, instance.rescue.image.id);
}

/** Pulls the plug and undefines, with all that libvirt keeps beside a domain. */
async function removeDomain(
  tools: Tools,
  instance: Instance,
  domain: Domain,
  options: ActOptions,
): Promise<void> {
  await pullThePlug(tools, instance, domain, (await isOn(domain)) ? options : {});
  await forgetDefinition(tools, instance, domain, options);
}

/** As Nova does with the image that has the disk of a shelved instance. */
async function removeShelved(tools: Tools, image: string): Promise<void> {
  const { removeImage } = await import('./life/shelve.ts');
  await removeImage(tools, image);
}
