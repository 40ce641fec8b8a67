// The end of a rescue: the instance runs from its own disks again, and nothing of the rescue is left.
import type { Instance } from '../../model/index.ts';
import { releaseBase } from '../base-use.ts';
import type { ActOptions, StopOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { holdInstance } from '../holding.ts';
import { STEP_WORDS } from '../plan.ts';
import { defineAgain, powerOff, powerOn } from '../power.ts';
import type { Tools } from '../tools.ts';
import { removeRescueFiles } from './rescue-instance.ts';

export async function unrescueInstance(tools: Tools, ref: string, options: StopOptions): Promise<Instance> {
  using held = await holdInstance(tools, ref, 'unrescue', { state: 'unrescuing', ...options });
  const { instance } = held;
  await told(options, 'power-off', 'powering the rescue system off', () =>
    powerOff(tools, instance, options),
  );
  const own = tools.store.instances.change(instance.id, (current) => ({
    ...current,
    rescue: null,
    vmState: 'stopped',
  }));
  await settleOwn(tools, own, options);
  if (instance.rescue !== null) await releaseBase(tools, instance.rescue.image.id);
  return await startOwn(tools, own, options);
}

/** Of an instance that is off and whose record knows of no rescue any more. May be done again from the start. */
export async function settleOwn(tools: Tools, own: Instance, options: ActOptions): Promise<void> {
  await told(options, 'define-domain', STEP_WORDS['define-domain'], () => defineAgain(tools, own));
  await told(options, 'remove-rescue', 'removing the files of the rescue', () =>
    removeRescueFiles(tools, own),
  );
}

export async function startOwn(tools: Tools, own: Instance, options: ActOptions): Promise<Instance> {
  await powerOn(tools, own, options);
  return tools.store.instances.change(own.id, (current) => ({
    ...current,
    vmState: 'active',
    taskState: null,
    fault: null,
  }));
}
