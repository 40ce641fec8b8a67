// An instance becomes a template itself: from now on it is the template's, and goes by that name alone, as one that was launched
// for it does. Until then nothing has happened to it.
import type { ActOptions } from '../compute.ts';
import { holdInstance } from '../holding.ts';
import { powerStateOf } from '../power-state.ts';
import { requireOn, requireUnlocked } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { refuse, unsupported } from './find-source.ts';

/** Throws `INSTANCE_STATE_CONFLICT`, `INSTANCE_LOCKED` and `TEMPLATE_UNSUPPORTED`; then it goes on as it was. */
export async function takeInstance(
  tools: Tools,
  ref: string,
  name: string,
  options: ActOptions,
): Promise<void> {
  using held = await holdInstance(tools, ref, 'clone', { state: 'cloning', ...options });
  const { instance } = held;
  requireOn(instance, 'exec', await powerStateOf(await tools.libvirt.findDomain(instance)));
  requireUnlocked(instance, 'delete');
  refuse(instance);
  if (instance.templateId !== undefined) throw unsupported(`${instance.name} lies over a template itself`);
  if (instance.shares.length > 0) throw unsupported(`${instance.name} has folders of the host`);
  if (instance.volumes.length > 0) throw unsupported(`${instance.name} has disks of its own beside`);
  if (instance.links.length > 0) throw unsupported(`${instance.name} has made bonds or VLANs of its cards`);
  tools.store.instances.change(instance.id, (current) => ({ ...current, name }));
}
