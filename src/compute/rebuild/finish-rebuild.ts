// The second half of a rebuild, from the record alone: the new files take their places, the domain is defined anew, and what ran
// before runs again. Each step may be done again, so a repair does all of them.
import type { Instance } from '../../model/index.ts';
import { releaseBase } from '../base-use.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { forgetDefinition } from '../forget-definition.ts';
import { instancePaths } from '../paths.ts';
import { STEP_WORDS } from '../plan.ts';
import { defineAgain, powerOn } from '../power.ts';
import { isOn } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import { removeStage, replacedImage, takePlaces } from './stage.ts';

export async function finishRebuild(tools: Tools, next: Instance, options: ActOptions): Promise<Instance> {
  const { directory } = instancePaths(tools.paths.instances, next.id);
  if (!(await isOn(await tools.libvirt.findDomain(next)))) await putInPlace(tools, next, options);
  const replaced = await replacedImage(directory);
  if (replaced !== undefined) await releaseBase(tools, replaced);
  await removeStage(directory);
  const wasOff = next.vmState === 'stopped';
  if (!wasOff && !(await isOn(await tools.libvirt.findDomain(next)))) await powerOn(tools, next, options);
  return tools.store.instances.change(next.id, (current) => ({
    ...current,
    vmState: wasOff ? 'stopped' : 'active',
    taskState: null,
    fault: null,
    launchedAt: new Date().toISOString(),
  }));
}

async function putInPlace(tools: Tools, next: Instance, options: ActOptions): Promise<void> {
  const { directory } = instancePaths(tools.paths.instances, next.id);
  await told(options, 'replace-files', 'putting the new disks in place', () => takePlaces(directory, next));
  await told(options, 'define-domain', STEP_WORDS['define-domain'], async () => {
    await forgetDomain(tools, next);
    await defineAgain(tools, next);
  });
}

/** With what libvirt keeps beside it: variables of the firmware and saved memory are the old system's. */
async function forgetDomain(tools: Tools, next: Instance): Promise<void> {
  const domain = await tools.libvirt.findDomain(next);
  if (domain !== undefined) await forgetDefinition(tools, next, domain);
}
