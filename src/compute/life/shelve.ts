// Shelving: an instance that is kept and runs nowhere. Its disks stay; offloaded, only an image of its root disk does.
import { rm } from 'node:fs/promises';
import { Fault, isFault } from '../../base/index.ts';
import type { Disk, Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { holdInstance } from '../holding.ts';
import { ImageStore } from '../image-store.ts';
import type { ShelveOptions } from '../life-requests.ts';
import { diskPath, instancePaths } from '../paths.ts';
import { powerOff } from '../power.ts';
import { powerStateOf } from '../power-state.ts';
import { setState } from '../set-state.ts';
import { requireOwn } from '../state-conflict.ts';
import { withoutTemplate } from '../templates/let-go.ts';
import type { Tools } from '../tools.ts';
import { unlessGone } from '../unless-gone.ts';
import { inStage } from './in-stage.ts';

const FORGET_MS = 60_000;

/** What `unshelve` makes anew; drives are small, and files that were attached later are their owner's. */
const OFFLOADED: ReadonlySet<Disk['role']> = new Set(['root', 'ephemeral', 'swap']);

/** One that is shelved already is offloaded where that is wished for. */
export async function shelveInstance(tools: Tools, ref: string, options: ShelveOptions): Promise<void> {
  const { id, vmState } = tools.store.instances.find(ref);
  if (options.offload !== true || vmState !== 'shelved') await shelve(tools, id, options);
  if (options.offload === true) await offload(tools, id, options);
}

async function shelve(tools: Tools, ref: string, options: ShelveOptions): Promise<void> {
  using held = await holdInstance(tools, ref, 'shelve', { state: 'shelving', ...options });
  const { instance } = held;
  requireOwn(instance, 'shelve');
  const force = options.force === true || instance.vmState === 'paused'; // one that stands still hears nobody
  await powerOff(tools, instance, { ...options, force });
  await finishShelving(tools, instance, options);
}

async function finishShelving(tools: Tools, instance: Instance, options: ActOptions = {}): Promise<void> {
  const stage = {
    stage: `libvirt to forget the domain of ${instance.name}`,
    timeoutMs: FORGET_MS,
    told: { step: 'forget-domain', what: 'undefining the domain', options },
  };
  await inStage(tools, instance, stage, () => forgetDomain(tools, instance));
  setState(tools, instance, 'shelved');
}

/** Memory that was saved goes with the domain. */
async function forgetDomain(tools: Tools, instance: Instance): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return;
  if (await domain.hasManagedSave()) await domain.removeManagedSave();
  const hasTpm = tpmOf(await domain.xml({ inactive: true }));
  try {
    await unlessGone(() => domain.undefine({ nvram: 'keep', ...(hasTpm ? { tpm: 'keep' } : {}) }));
  } catch (error) {
    if (!isFault(error, 'LIBVIRT_STATE_CONFLICT')) throw error;
    const facts = { err: error, instance: instance.id };
    tools.log.info(facts, 'the domain stays defined: libvirt keeps snapshots or checkpoints with it');
  }
}

/** libvirt before 8.9 knows no word for keeping its state; it then stays without one. */
function tpmOf(xml: string): boolean {
  return /<tpm /.test(xml);
}

/** After a process died while it shelved: one that was off already is shelved; another one goes on. */
export async function repairShelving(tools: Tools, instance: Instance): Promise<void> {
  const power = await powerStateOf(await tools.libvirt.findDomain(instance));
  if (power === 'SHUTDOWN' || power === 'CRASHED' || power === 'NOSTATE')
    await finishShelving(tools, instance);
}

/** Throws `SHELVED_KEEPS_SNAPSHOTS`, and what making an image throws; the instance is shelved then, and whole. */
async function offload(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  const task = { ...options, state: 'shelving_offloading' } as const;
  using held = await holdInstance(tools, ref, 'shelve-offload', task);
  const { instance } = held;
  requireOwn(instance, 'shelve-offload');
  const isKept = (await tools.libvirt.findDomain(instance)) !== undefined;
  if (isKept || tools.store.diskSnapshots.ofInstance(instance.id).length > 0) throw keepsSnapshots(instance);
  const { imageOfInstance } = await import('../snapshots/create-image.ts');
  const request = { name: shelvedName(instance), compress: true };
  const copy = async () => await imageOfInstance(tools, instance, request, options);
  const { image } = await tools.slots.run('snapshots', copy, options);
  const offloaded = tools.store.instances.change(instance.id, (current) => ({
    ...withoutTemplate(current),
    vmState: 'shelved_offloaded',
    shelvedImage: image.id,
  }));
  await removeDisks(tools, offloaded);
}

/** After a process died while it offloaded: before the image was noted down it is removed, afterwards the disks are. */
export async function repairOffloading(tools: Tools, instance: Instance): Promise<void> {
  if (instance.vmState === 'shelved_offloaded') return await removeDisks(tools, instance);
  const left = tools.store.images
    .list()
    .filter(
      ({ name, properties }) => name === shelvedName(instance) && properties['instance_uuid'] === instance.id,
    );
  for (const { id } of left) await removeImage(tools, id);
}

/** Each as it was copied into the image, so that it does not matter how many are gone already. */
async function removeDisks(tools: Tools, instance: Instance): Promise<void> {
  const paths = instancePaths(tools.paths.instances, instance.id);
  for (const disk of instance.disks.filter(({ role }) => OFFLOADED.has(role)))
    await rm(diskPath(paths, disk), { force: true });
}

/** Fine where somebody removed it. */
export async function removeImage(tools: Tools, id: string): Promise<void> {
  try {
    await new ImageStore(tools).remove(id);
  } catch (error) {
    if (!isFault(error, 'IMAGE_NOT_FOUND')) throw error;
  }
}

/** Nova's name for it. */
function shelvedName({ name }: Instance): string {
  return `${name}-shelved`;
}

function keepsSnapshots({ name, domainName }: Instance): Fault {
  return new Fault(
    'conflict',
    'SHELVED_KEEPS_SNAPSHOTS',
    `Instance ${name} is shelved, and not offloaded: its disks have snapshots or checkpoints, which would be lost`,
    {
      hint: `Remove them first: novalet snapshot list ${name}; of those of other programs, virsh snapshot-list ${domainName} and virsh checkpoint-list ${domainName} tell.`,
    },
  );
}
