// The universal repair: everything of the guest but its disks' content is made anew from the record.
import type { Domain } from '../../libvirt/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { defineAgain, powerOn, pullThePlug } from '../power.ts';
import { isOn, powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import { inStage } from './in-stage.ts';

const FORGET_MS = 60_000;

/**
 * Pulls the plug, drops memory that was saved, makes the files that are missing, defines the domain from the record (its NVRAM
 * stays), wakes its networks and starts it. Names the files that were made. Each step can be done again, so that one that was
 * cut short needs no repair but to be asked for again.
 */
export async function buildAgain(
  tools: Tools,
  instance: Instance,
  options: ActOptions,
): Promise<readonly string[]> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined) {
    if (await isOn(domain)) await requireKept(tools, instance, domain);
    await pullThePlug(tools, instance, domain, options);
  }
  await forgetMemory(tools, instance);
  const off = withoutMemory(tools, instance);
  const made = off.adoption === null ? await restoreOwn(tools, off, options) : [];
  await powerOn(tools, off, options);
  return made;
}

/** QEMU has a file open that nobody finds any more: pulling the plug would be the end of what is on it. */
async function requireKept(tools: Tools, instance: Instance, domain: Domain): Promise<void> {
  const { requireRootDisk } = await import('../make-files.ts');
  await requireRootDisk(tools, instance, await powerStateOf(domain));
}

/** Where it cannot be built again it is off from now on, and no longer one that could be resumed. */
function withoutMemory({ store }: Tools, instance: Instance): Instance {
  if (instance.vmState !== 'suspended') return instance;
  return store.instances.change(instance.id, (current) => ({ ...current, vmState: 'stopped' }));
}

/** Looked up anew: a domain that somebody undefined while it ran went with the plug. */
async function forgetMemory(tools: Tools, instance: Instance): Promise<void> {
  const stage = { stage: `the saved memory of ${instance.name} to be removed`, timeoutMs: FORGET_MS };
  await inStage(tools, instance, stage, async () => {
    const domain = await tools.libvirt.findDomain(instance);
    if (domain !== undefined && (await domain.hasManagedSave())) await domain.removeManagedSave();
  });
}

/** An adopted domain's definition and files are its owner's. */
async function restoreOwn(tools: Tools, instance: Instance, options: ActOptions): Promise<readonly string[]> {
  const { makeMissingFiles } = await import('../make-files.ts');
  const made = await makeMissingFiles(tools, instance, options);
  if (made.length > 0)
    tools.log.warn({ instance: instance.id, made }, 'files were missing, and are made anew');
  await defineAgain(tools, instance);
  return made;
}
