// What a process left that died in the middle of a resize or of one of its ends: to the old size whole, or to the new.
import type { Instance } from '../../model/index.ts';
import type { Tools } from '../tools.ts';
import { finishConfirm } from './end-resize.ts';
import { goBack } from './go-back.ts';
import { finishResize } from './resize.ts';

/** `resize_prep`, `resize_migrating` and `resize_reverting`: as it was before. */
export async function repairBack(tools: Tools, instance: Instance): Promise<void> {
  await goBack(tools, instance, {});
}

/** `resize_finish`: all files are there, and the domain is made anew; where it runs already, nothing is done to it. */
export async function repairForward(tools: Tools, instance: Instance): Promise<void> {
  if (instance.resize !== null) await finishResize(tools, instance, {});
}

/** `resize_confirming`: where the record still knows of the resize, both ends are open; else the kept files go. */
export async function repairConfirm(tools: Tools, instance: Instance): Promise<void> {
  if (instance.resize === null) await finishConfirm(tools, instance);
}
