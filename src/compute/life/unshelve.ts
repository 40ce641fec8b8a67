// Unshelving: the domain is defined from the record again, on disks that were kept or are made again from the image.
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asFault, Fault } from '../../base/index.ts';
import type { Disk, Image, Instance } from '../../model/index.ts';
import {
  convertImage,
  growDisk,
  isThere,
  measureBytes,
  publish,
  requireSpace,
  temporaryFor,
} from '../../storage/index.ts';
import { readInventories } from '../claims/read-inventories.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { holdInstance } from '../holding.ts';
import { makeMissingFiles } from '../make-files.ts';
import { diskPath, instancePaths } from '../paths.ts';
import { defineAgain, powerOn } from '../power.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import { removeImage } from './shelve.ts';
import { placeUnshelved, type UnshelveRoom, wantsPci } from './unshelved-place.ts';

/** Throws `HOST_FULL`, `NUMA_NO_ROOM`, `PCI_DEVICES_EXHAUSTED`, and `SHELVED_IMAGE_GONE` for one that was offloaded; it stays shelved then. */
export async function unshelveInstance(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  const room = await roomOf(tools, tools.store.instances.find(ref));
  using held = await holdInstance(tools, ref, 'unshelve', { state: null, ...options });
  const instance = claim(tools, held.instance, room);
  if (instance.vmState === 'shelved_offloaded') await restoreRoot(tools, instance, options);
  await makeMissingFiles(tools, instance, options);
  // where libvirt kept the definition, it has the host's processors and devices that the guest had before
  if (instance.numa !== null || wantsPci(instance)) await defineAgain(tools, instance);
  await powerOn(tools, instance, options);
  await finishUnshelving(tools, instance);
}

/** After a process died while it unshelved: one whose guest runs already is whole; another one can be unshelved again. */
export async function repairUnshelving(tools: Tools, instance: Instance): Promise<void> {
  const power = await powerStateOf(await tools.libvirt.findDomain(instance));
  if (power === 'RUNNING' || power === 'PAUSED' || power === 'SUSPENDED')
    await finishUnshelving(tools, instance);
}

async function roomOf(tools: Tools, instance: Instance): Promise<UnshelveRoom> {
  return {
    inventories: await readInventories(tools),
    facts: await tools.host.facts(),
    hugePages: await tools.host.hugePages(),
    pciDevices: wantsPci(instance) ? await tools.host.pciDevices() : [],
  };
}

/** In one transaction with what counts it as held, so that two never take the same room. */
function claim({ settings, store }: Tools, { id }: Instance, room: UnshelveRoom): Instance {
  return store.instances.change(id, (current) =>
    placeUnshelved(current, store.instances.list(), room, settings),
  );
}

/** From the first moment that the guest runs its disk is ahead of the image, which is of no use any more. */
async function finishUnshelving(tools: Tools, { id, shelvedImage }: Instance): Promise<void> {
  tools.store.instances.change(id, ({ shelvedImage: _gone, ...current }) => ({
    ...current,
    vmState: 'active',
    taskState: null,
    fault: null,
  }));
  if (shelvedImage === undefined) return;
  try {
    await removeImage(tools, shelvedImage);
  } catch (error) {
    tools.log.warn({ err: asFault(error), image: shelvedImage }, 'the image of a shelved instance stays');
  }
}

/** A root disk that is there is whole: it has its name only when it is, and loses it only after the image was made. */
async function restoreRoot(tools: Tools, instance: Instance, options: ActOptions): Promise<void> {
  const root = instance.disks.find(({ role }) => role === 'root');
  if (root === undefined) return;
  const path = diskPath(instancePaths(tools.paths.instances, instance.id), root);
  if (await isThere(path)) return;
  const image = tools.store.images.get(instance.shelvedImage ?? '');
  if (image === undefined) throw imageGone(instance);
  await tools.slots.run('conversions', () => restore(tools, { image, root, path }, options), options);
}

/** A disk that stands by itself: no base of the image's has to stay for it. */
async function restore(
  tools: Tools,
  { image, root, path }: { readonly image: Image; readonly root: Disk; readonly path: string },
  options: ActOptions,
): Promise<void> {
  const { signal } = options;
  const format = image.diskFormat === 'raw' ? 'raw' : 'qcow2'; // as an offload stored it
  const from = { path: join(tools.paths.images, image.id), format } as const;
  await requireSpace(tools.paths.instances, await measureBytes(from, { signal }), 'the root disk');
  const made = { path: await temporaryFor(path), format: root.format };
  try {
    await told(options, 'root-disk', 'copying the root disk back', ({ fraction }) =>
      convertImage(from, made, { signal, onProgress: fraction }),
    );
    if (image.virtualSizeBytes < root.sizeBytes) await growDisk(made, root.sizeBytes, { signal });
    await chmod(made.path, 0o600);
    await publish(made.path, path);
  } catch (error) {
    await rm(made.path, { force: true });
    throw error;
  }
}

function imageGone({ name, shelvedImage }: Instance): Fault {
  return new Fault(
    'not-found',
    'SHELVED_IMAGE_GONE',
    `The image of ${name}, which has its root disk since it was offloaded, is gone: ${shelvedImage ?? 'none is recorded'}`,
    {
      hint: `What was on the disk is lost, unless there is a backup. Give the instance up: novalet delete ${name}`,
    },
  );
}
