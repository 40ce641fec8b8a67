// What is done about a rebuild whose process died in the middle: before the record had changed the new files go, afterwards it
// is brought to its end.
import type { Instance } from '../../model/index.ts';
import { instancePaths } from '../paths.ts';
import type { Tools } from '../tools.ts';
import { finishRebuild } from './finish-rebuild.ts';
import { removeStage } from './stage.ts';

/** The guest may have been switched off already; then it is stopped, and whole. */
export async function repairBack({ paths }: Tools, { id }: Instance): Promise<void> {
  await removeStage(instancePaths(paths.instances, id).directory);
}

/** Where that fails, recovery writes down why: the instance is in error, and may be rebuilt again. */
export async function repairForward(tools: Tools, instance: Instance): Promise<void> {
  await finishRebuild(tools, instance, {});
}
