// A template that all test files use which ask for the same guest. It stays. Its name tells what it is of; while it is being
// made, the guest that it is made of has that name, which no two can have.
import { createHash } from 'node:crypto';
import type { LaunchOptions, Novalet } from '../app/index.ts';
import type { Compute, TemplateView } from '../compute/index.ts';
import type { Instance } from '../model/index.ts';
import { ALONE_TAG, isOrphan, ownTestOwner, readOwnerTag } from './owner.ts';
import { removeTemplate } from './removal.ts';
import type { MadeTemplate } from './template-source.ts';

const DIGITS = 16;

export type SharedTemplate =
  | ({ readonly kind: 'ready' } & MadeTemplate)
  /** Somebody makes it. */
  | { readonly kind: 'making' }
  | { readonly kind: 'free' }
  /** Something else has the name. */
  | { readonly kind: 'taken' };

/** Of a guest like this; null where it is nobody else's business. Throws what a launch throws of its image and flavor. */
export async function sharedName({ compute }: Novalet, launch: LaunchOptions): Promise<string | null> {
  const { image: ref, flavor: size, tags: _tags, adminPassword, ...wishes } = launch;
  if (adminPassword !== undefined) return null;
  const image = await compute.images.show(ref);
  const flavor = size === undefined ? null : await compute.flavors.show(size);
  const facts = JSON.stringify([image.id, flavor, wishes]);
  return `test-${createHash('sha256').update(facts).digest('hex').slice(0, DIGITS)}`;
}

/** One whose memory does not fit this host any more goes, where nobody uses it. */
export async function lookAtShared(compute: Compute, name: string): Promise<SharedTemplate> {
  const guests = (await compute.list()).map(({ instance }) => instance);
  const view = (await compute.templates.list()).find(({ template }) => template.name === name);
  if (view !== undefined) return await stateOf(compute, view, guests);
  const guest = guests.find((one) => one.name === name);
  if (guest === undefined) return { kind: 'free' };
  const isMaking =
    guest.tags.some((tag) => readOwnerTag(tag) !== undefined) && !guest.tags.includes(ALONE_TAG);
  return { kind: isMaking ? 'making' : 'taken' };
}

async function stateOf(
  compute: Compute,
  { template, users, stale }: TemplateView,
  guests: readonly Instance[],
): Promise<SharedTemplate> {
  const { id, name, state, inside } = template;
  if (state === 'ready' && (stale === null || users.length > 0))
    return { kind: 'ready', name, hasCloudInit: inside?.hasCloudInit === true };
  const self = ownTestOwner();
  const isLeft = guests.some((guest) => guest.name === `template-${id}` && isOrphan(guest, self));
  if (state === 'ready' || isLeft) await removeTemplate(compute, name);
  return { kind: 'making' }; // look again
}
