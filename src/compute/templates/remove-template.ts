// Compute.templates.remove: the record first, which nobody uses then, and the files.

import { releaseBase } from '../base-use.ts';
import { holdLease } from '../holding.ts';
import type { Tools } from '../tools.ts';
import { removeTemplateDirectory } from './template-paths.ts';

const TURN_TIMEOUT_MS = 30_000;

export async function removeTemplate(tools: Tools, ref: string): Promise<void> {
  const { id } = tools.store.templates.find(ref);
  using _lease = await holdLease(tools, `template:${id}`, 'remove', { timeoutMs: TURN_TIMEOUT_MS });
  const { guest } = tools.store.templates.find(id); // somebody may have been quicker
  tools.store.templates.remove(id);
  await removeTemplateDirectory(tools, id);
  if (guest !== null) await releaseBase(tools, guest.image.id);
}
