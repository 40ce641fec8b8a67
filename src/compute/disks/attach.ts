// Attaching a disk: decided first, then recorded, then plugged in, so that whoever comes after a kill finds all that there
// may be in the record (repair.ts). Rules: Nova, `attach_volume`: live and for the next start, or for the next start alone.
import { defined, Fault, isFault, newUuid, throwIfCancelled, Undo } from '../../base/index.ts';
import { serializeXml } from '../../libvirt-xml/index.ts';
import type { Instance, Volume } from '../../model/index.ts';
import { rememberDefinition } from '../adopted-definition.ts';
import type { ActOptions } from '../compute.ts';
import { requireDefined } from '../devices/require-defined.ts';
import type { DomainContext } from '../domain-of.ts';
import { holdInstance, holdLease } from '../holding.ts';
import { inStage } from '../life/in-stage.ts';
import type { Tools } from '../tools.ts';
import { choosePlace } from './choose-place.ts';
import type { AttachDiskRequest, DiskView } from './disk-requests.ts';
import { requireUnshared } from './disk-users.ts';
import { type ShownDomain, showDomain } from './domain-disks.ts';
import { inStep } from './in-step.ts';
import { attachedView } from './list.ts';
import { findKept, makeBlankMedium, makeSource, removeOwnFile } from './make-source.ts';
import { emptyDrive } from './media.ts';
import { volumeElements } from './volume-elements.ts';

const ATTACH_TIMEOUT_MS = 60_000;
/** Held for a moment, while it is looked who has a disk. */
const USERS_LEASE = 'disk-users';
const USERS_TIMEOUT_MS = 30_000;

export async function attachDisk(
  tools: Tools,
  ref: string,
  request: AttachDiskRequest,
  options: ActOptions,
): Promise<DiskView> {
  const { signal } = options;
  using held = await holdInstance(tools, ref, 'attach-disk', { state: 'attaching', ...options });
  const { instance } = held;
  const wished = { ...request, device: deviceOf(tools, request) };
  const shown = await showDomain(tools, instance);
  if (shown.domain !== null) await requireDefined(instance, shown.domain);
  const place = choosePlace(instance, shown, wished);
  const { source: wish } = request;
  const id = wish.kind === 'kept' ? await findKept(tools, instance, wish.id) : newUuid();
  await using undo = new Undo((what, error) =>
    tools.log.warn({ err: error, instance: instance.id }, `could not ${what} after a disk was not attached`),
  );
  const isPluggedEmpty = wish.kind === 'none' && shown.live !== null;
  const made = isPluggedEmpty
    ? await makeBlankMedium(tools, instance, id)
    : await makeSource({ tools, instance, volume: { id, device: place.device }, options }, wish);
  if (made.isNew) undo.push('remove its file', () => removeOwnFile(tools, instance, made.source));
  const volume: Volume = {
    id,
    source: made.source,
    ...place,
    readOnly: place.device === 'cdrom' || request.readOnly === true,
    sizeBytes: made.sizeBytes,
    attachedAt: new Date().toISOString(),
    ...defined({ name: request.name, imageId: made.imageId }),
  };
  throwIfCancelled(signal, `disk ${volume.target}`);
  await inStep(options, 'disk-record', () => record(tools, instance, volume, signal));
  undo.push('take it out of the record', () => forgetVolume(tools, instance, id));
  await inStep(options, 'disk-plug', () => plugIn({ tools, instance, volume, shown, undo }));
  undo.keep();
  if (isPluggedEmpty) await emptyDrive(tools, instance, volume);
  const attached = tools.store.instances.find(instance.id);
  const recorded = attached.volumes.find((one) => one.id === id) ?? volume;
  return await attachedView(recorded, shown);
}

/** An ISO image is a CD, and so is nothing. Throws `IMAGE_NOT_AN_ISO` for what can be in no CD drive. */
function deviceOf(tools: Tools, { source, device }: AttachDiskRequest): 'disk' | 'cdrom' {
  const isDisk = source.kind === 'new' || source.kind === 'kept';
  if (device === 'cdrom' && isDisk) {
    throw new Fault('invalid', 'IMAGE_NOT_AN_ISO', 'A disk that guests write to is no CD', {
      hint: 'A CD is made of an image or a file in the form of ISO 9660; a disk is attached without --cdrom.',
    });
  }
  if (source.kind === 'none') return 'cdrom';
  if (device !== undefined || source.kind !== 'image') return device ?? 'disk';
  return tools.store.images.find(source.image).diskFormat === 'iso' ? 'cdrom' : 'disk';
}

/** With nobody in between who might take the same disk. */
async function record(
  tools: Tools,
  instance: Instance,
  volume: Volume,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { source } = volume;
  using _lease = await holdLease(tools, USERS_LEASE, 'attach', { timeoutMs: USERS_TIMEOUT_MS, signal });
  if (source !== null) await requireUnshared(tools.store.instances.list(), source, volume.readOnly);
  tools.store.instances.change(instance.id, (current) => ({
    ...current,
    volumes: [...current.volumes, volume],
  }));
}

export function forgetVolume(tools: Tools, { id }: Pick<Instance, 'id'>, volumeId: string): void {
  tools.store.instances.change(id, (current) => ({
    ...current,
    volumes: current.volumes.filter((volume) => volume.id !== volumeId),
  }));
}

interface PlugIn {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly volume: Volume;
  readonly shown: ShownDomain;
  readonly undo: Undo;
}

async function plugIn(work: PlugIn): Promise<void> {
  const { tools, instance, volume, shown, undo } = work;
  const { domain } = shown;
  if (domain === null) return; // it is defined with it when it starts
  const { disk, scsiController } = volumeElements(instance, volume, await domainContext(tools));
  const affects = { config: true, live: shown.live !== null };
  // No signal from here on: libvirt would go on all the same, and nobody would know how it ended.
  const stage = `disk ${volume.target} to be attached to ${instance.name}`;
  try {
    await inStage(tools, instance, { stage, timeoutMs: ATTACH_TIMEOUT_MS }, async () => {
      if (scsiController !== null && !hasScsi(shown))
        await domain.attachDevice(serializeXml(scsiController), affects);
      await domain.attachDevice(serializeXml(disk), affects);
    });
  } catch (error) {
    // What libvirt may still do stays in the record, and is put right with the next look at it.
    if (isFault(error) && error.outcome === 'unknown') undo.keep();
    throw error;
  }
  if (instance.adoption !== null) await rememberDefinition(tools, instance, domain);
}

function hasScsi({ live, definition }: ShownDomain): boolean {
  const devices = live ?? definition;
  return (
    devices?.children.some(
      (child) =>
        typeof child !== 'string' && child.name === 'controller' && child.attributes.get('type') === 'scsi',
    ) === true
  );
}

export async function domainContext(tools: Tools): Promise<DomainContext> {
  const { domain: host } = await tools.host.facts();
  return { settings: tools.settings, instances: tools.paths.instances, host };
}
