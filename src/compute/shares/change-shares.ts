// Shares of an instance that is off: into the record, and its definition made anew from that.
import { Fault } from '../../base/index.ts';
import { attributeOf, childElements, find, parseXml } from '../../libvirt-xml/index.ts';
import type { Instance, Share, ShareRequest } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { holdInstance } from '../holding.ts';
import { STEP_WORDS } from '../plan.ts';
import { defineAgain } from '../power.ts';
import { powerStateOf } from '../power-state.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { checkShare } from './check-shares.ts';

/** Shares.add. */
export async function addShare(
  tools: Tools,
  ref: string,
  request: ShareRequest,
  options: ActOptions,
): Promise<Share> {
  return await changed(tools, ref, options, async ({ shares }) => {
    const share = await checkShare(tools, request, shares);
    return { share, shares: [...shares, share] };
  });
}

/** Shares.remove. */
export async function removeShare(
  tools: Tools,
  ref: string,
  tag: string,
  options: ActOptions,
): Promise<Share> {
  return await changed(tools, ref, options, async ({ name, shares }) => {
    const share = shares.find((one) => one.tag === tag);
    if (share === undefined) throw notFound(name, tag, shares);
    return { share, shares: shares.filter((one) => one !== share) };
  });
}

interface Change {
  /** The one that comes or goes. */
  readonly share: Share;
  /** All, afterwards. */
  readonly shares: readonly Share[];
}

async function changed(
  tools: Tools,
  ref: string,
  options: ActOptions,
  decide: (instance: Instance) => Promise<Change>,
): Promise<Share> {
  requireOwn(tools.store.instances.find(ref), 'change-share');
  using held = await holdInstance(tools, ref, 'change-share', { state: 'attaching', ...options });
  const { instance } = held;
  const { share, shares } = await decide(instance);
  const { id } = instance;
  const next = tools.store.instances.change(id, (current) => ({ ...current, shares }));
  try {
    await told(options, 'define', STEP_WORDS['define-domain'], async () => {
      if ((await tools.libvirt.findDomain(next)) !== undefined) await defineAgain(tools, next);
    });
  } catch (error) {
    tools.store.instances.change(id, (current) => ({ ...current, shares: instance.shares }));
    throw error;
  }
  return share;
}

/** After a process died while it changed them: the definition follows the record. */
export async function repairShares(tools: Tools, instance: Instance): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined || instance.adoption !== null) return;
  if ((await powerStateOf(domain)) !== 'SHUTDOWN') return; // nobody changes those of a guest that runs
  const devices = find(parseXml(await domain.xml({ inactive: true }), "a domain's XML"), 'devices');
  const defined = devices === undefined ? [] : childElements(devices, 'filesystem');
  const tags = defined.map((one) => attributeOf(find(one, 'target'), 'dir'));
  const recorded = instance.shares.map(({ tag }) => tag);
  if (tags.length === recorded.length && recorded.every((tag) => tags.includes(tag))) return;
  await defineAgain(tools, instance);
}

function notFound(name: string, tag: string, shares: readonly Share[]): Fault {
  const tags = shares.map((share) => share.tag).join(', ');
  return new Fault('not-found', 'SHARE_NOT_FOUND', `${name} has no shared folder "${tag}"`, {
    hint: tags === '' ? 'It has none at all.' : `There are: ${tags}`,
  });
}
