// From a resize back to what was before: when it is reverted, when it failed, and when a process died in the middle of
// either. All that it needs is in the record, and it may run again from the start.
import type { Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { instancePaths } from '../paths.ts';
import { powerOff, powerOn } from '../power.ts';
import { setState } from '../set-state.ts';
import type { Tools } from '../tools.ts';
import { bringBack, hasKept } from './kept-files.ts';
import { addedFiles, atOldSize } from './old-size.ts';
import { defineAnew, inStep, isOn } from './steps.ts';

/** Nothing to do where the record knows of no resize. */
export async function goBack(tools: Tools, instance: Instance, options: ActOptions): Promise<void> {
  const { resize } = instance;
  if (resize === null) return;
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  // Without kept disks nothing was begun, or all is back: whatever runs then, runs on the old ones.
  if (await hasKept(directory)) {
    await inStep(options, 'shut-down', () => powerOff(tools, instance, { ...options, force: true }));
    await inStep(options, 'bring-back', () => bringBack(directory, addedFiles(instance)));
  }
  const old = atOldSize(instance);
  await inStep(options, 'define-domain', () => defineAnew(tools, old));
  if (resize.wasRunning && !(await isOn(tools, old))) await powerOn(tools, old, options);
  tools.store.instances.change(old.id, atOldSize);
  setState(tools, old, (await isOn(tools, old)) ? 'active' : 'stopped');
}
