// What a process left that died while it changed a size: the record has the new one, and libvirt is brought to it.
import { asFault } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import type { Tools } from '../tools.ts';
import { bringTo } from './change-size.ts';

/** A guest that keeps what it was to give back does so until its next start. */
export async function repairSize(tools: Tools, instance: Instance): Promise<void> {
  if (instance.adoption !== null) return;
  try {
    await bringTo(tools, instance);
  } catch (error) {
    tools.log.warn(
      { err: asFault(error), instance: instance.id },
      'a size is not changed whole; it is with the next start',
    );
  }
}
