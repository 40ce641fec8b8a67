// The steps of a resize and of its ends, as they are told to whoever watches. A process may be killed between any two.
import { throwIfCancelled } from '../../base/index.ts';
import type { Instance, TaskState } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { domainXmlOf } from '../domain-of.ts';
import { told } from '../emit-step.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';

/** What a step does, for people. */
export const RESIZE_WORDS = {
  'choose-size': 'choosing place and disks',
  'shut-down': 'shutting the guest down',
  'keep-disks': 'keeping the disks as they were',
  'grow-disks': 'making the disks of the new size',
  'define-domain': 'defining the domain',
  'merge-disks': 'merging the disks with what was kept',
  'remove-kept': 'removing what was kept',
  'bring-back': 'bringing the old disks back',
  'change-domain': 'giving the guest its new size',
} as const;
export type ResizeStep = keyof typeof RESIZE_WORDS;

/** Tells of the step, and does it. Throws `CANCELLED` before it where that was asked for. */
export async function inStep<T>(
  options: ActOptions,
  step: ResizeStep,
  act: () => Promise<T> | T,
): Promise<T> {
  const what = RESIZE_WORDS[step];
  throwIfCancelled(options.signal, what);
  return await told(options, step, what, act);
}

/** What a repair goes by when this process dies. */
export function setTask(tools: Tools, { id }: Instance, taskState: TaskState): void {
  tools.store.instances.change(id, (current) => ({ ...current, taskState }));
}

/** Puts the definition that the record gives in place of the one that libvirt has; of a running domain for its next start. */
export async function defineAnew(tools: Tools, instance: Instance): Promise<void> {
  const { domain: host } = await tools.host.facts();
  const xml = domainXmlOf(instance, { settings: tools.settings, instances: tools.paths.instances, host });
  await (await tools.libvirt.control()).defineDomain(xml, { validate: true });
}

/** Whether QEMU has its disks open. */
export async function isOn(tools: Tools, instance: Instance): Promise<boolean> {
  const power = await powerStateOf(await tools.libvirt.findDomain(instance));
  return power === 'RUNNING' || power === 'PAUSED' || power === 'SUSPENDED';
}
