// What is done about a rescue, or its end, whose process died in the middle. Where the record had been changed it is brought to
// its end, else it is taken back; nothing of it is left in either case.
import type { Instance } from '../../model/index.ts';
import { defineAgain, powerOn } from '../power.ts';
import { isOn } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import { removeRescueFiles } from './rescue-instance.ts';
import { settleOwn, startOwn } from './unrescue-instance.ts';

/** One that could not be started stays rescued and off, for `unrescue`. */
export async function repairRescue(tools: Tools, instance: Instance): Promise<void> {
  if (instance.rescue === null) return await removeRescueFiles(tools, instance);
  if (await isOn(await tools.libvirt.findDomain(instance))) return;
  await defineAgain(tools, instance);
  await startIfItCan(tools, instance, () => powerOn(tools, instance, {}));
}

/** One that could not be started is stopped. */
export async function repairUnrescue(tools: Tools, instance: Instance): Promise<void> {
  if (instance.rescue !== null || (await isOn(await tools.libvirt.findDomain(instance)))) return;
  await settleOwn(tools, instance, {});
  await startIfItCan(tools, instance, () => startOwn(tools, instance, {}));
}

async function startIfItCan(tools: Tools, { id }: Instance, start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
  } catch (error) {
    tools.log.warn({ err: error, instance: id }, 'a repaired instance could not be started');
  }
}
