// What is in the CD drives: changed in the running domain, in the definition, and then in the record. A volume in the record
// at the target of a drive that the instance was launched with says what is in that drive instead of what it began with.
import { defined, Fault, isFault, newUuid, Undo } from '../../base/index.ts';
import {
  attributeOf,
  type DiskSource,
  diskSourceElement,
  type Element,
  find,
  serializeXml,
} from '../../libvirt-xml/index.ts';
import { type Disk, type Instance, type Volume, volumeAlias } from '../../model/index.ts';
import { rememberDefinition } from '../adopted-definition.ts';
import { requireDefined } from '../devices/require-defined.ts';
import { diskSource, formatOf } from '../disk-devices.ts';
import { holdInstance } from '../holding.ts';
import { inStage } from '../life/in-stage.ts';
import { instancePaths } from '../paths.ts';
import { presentForm } from '../rescue/rescued-form.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import type { DiskView, Medium, MediumOptions } from './disk-requests.ts';
import { diskAt, type ShownDomain, showDomain, sourcePath } from './domain-disks.ts';
import { inStep } from './in-step.ts';
import { viewOfTarget } from './list.ts';
import { type MadeSource, makeSource, ownFilePath, removeOwnFile } from './make-source.ts';

const CHANGE_TIMEOUT_MS = 60_000;
/** How the aliases of drives begin that came after the launch. */
const VOLUME_ALIAS = volumeAlias({ id: '' });

interface Content {
  readonly source: DiskSource | null;
  /** What QEMU reads it as. */
  readonly format: 'qcow2' | 'raw';
}

interface Drive {
  readonly target: string;
  readonly bus: Volume['bus'];
  /** What the record has in it now; undefined: what it was launched with. */
  readonly medium: Volume | undefined;
  /** The file that it was launched with; null for one that was attached later, or is not novalet's. */
  readonly original: Pick<Disk, 'fileName' | 'format'> | null;
}

export async function insertMedium(
  tools: Tools,
  ref: string,
  change: { readonly target: string; readonly medium: Medium },
  options: MediumOptions,
): Promise<DiskView> {
  using held = await holdInstance(tools, ref, 'change-medium', { state: 'changing', ...options });
  const { instance } = held;
  const { medium } = change;
  const shown = await showDefined(tools, instance);
  const drive = findDrive(instance, shown, change.target, options);
  await using undo = new Undo((what, error) =>
    tools.log.warn(
      { err: error, instance: instance.id },
      `could not ${what} after a medium was not inserted`,
    ),
  );
  if (medium.kind === 'original') {
    await changeTo({ tools, instance, shown, drive }, null, options);
  } else {
    const id = newUuid();
    const made = await makeSource({ tools, instance, volume: { id, device: 'cdrom' }, options }, medium);
    if (made.isNew) undo.push('remove its file', () => removeOwnFile(tools, instance, made.source));
    await changeTo({ tools, instance, shown, drive }, { id, ...made }, options);
  }
  undo.keep();
  return await shownDrive(tools, instance, drive);
}

export async function ejectMedium(
  tools: Tools,
  ref: string,
  target: string,
  options: MediumOptions,
): Promise<DiskView> {
  using held = await holdInstance(tools, ref, 'change-medium', { state: 'changing', ...options });
  const { instance } = held;
  const shown = await showDefined(tools, instance);
  const drive = findDrive(instance, shown, target, options);
  const nothing = { id: newUuid(), source: null, sizeBytes: null, isNew: false };
  await changeTo({ tools, instance, shown, drive }, nothing, options);
  return await shownDrive(tools, instance, drive);
}

/** Throws `DOMAIN_UNDEFINED`. */
async function showDefined(tools: Tools, instance: Instance): Promise<ShownDomain> {
  const shown = await showDomain(tools, instance);
  if (shown.domain !== null) await requireDefined(instance, shown.domain);
  return shown;
}

/** Takes out what a drive was plugged in with. */
export async function emptyDrive(tools: Tools, instance: Instance, volume: Volume): Promise<void> {
  const { id, target, bus } = volume;
  const shown = await showDomain(tools, instance);
  const drive = { target, bus, medium: volume, original: null };
  const nothing = { id, source: null, sizeBytes: null, isNew: false };
  await changeTo({ tools, instance, shown, drive }, nothing, { force: true });
}

/** Throws `DRIVE_NOT_FOUND`, and `DRIVE_RESERVED` for one that the guest gets its documents or its agent from, and for a rescue's. */
function findDrive(
  instance: Instance,
  shown: ShownDomain,
  target: string,
  { force = false }: MediumOptions,
): Drive {
  const medium = instance.volumes.find((volume) => volume.target === target);
  const disk = instance.disks.find((one) => one.target === target);
  const present = presentForm(instance).disks.find((one) => one.target === target);
  if (present !== undefined && present.fileName !== disk?.fileName) throw ofRescue(instance, target);
  if (disk?.device === 'cdrom') {
    const isReserved = disk.role === 'config' || disk.role === 'agent';
    if (isReserved && medium === undefined && !force) throw reserved(instance, target, disk.role);
    return { target, bus: disk.bus, medium, original: disk };
  }
  if (disk === undefined && medium?.device === 'cdrom')
    return { target, bus: medium.bus, medium, original: null };
  const foreign = instance.adoption === null ? undefined : diskAt(shown.live ?? shown.definition, target);
  if (foreign !== undefined && attributeOf(foreign, 'device') === 'cdrom')
    return { target, bus: 'sata', medium: undefined, original: null };
  throw new Fault('not-found', 'DRIVE_NOT_FOUND', `Instance ${instance.name} has no CD drive ${target}`, {
    hint: `novalet disk list ${instance.name} shows the drives; novalet disk attach ${instance.name} --cdrom adds one.`,
  });
}

interface Change {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly shown: ShownDomain;
  readonly drive: Drive;
}

/** `next`: null for what the drive was launched with. */
async function changeTo(
  change: Change,
  next: (MadeSource & { readonly id: string }) | null,
  options: MediumOptions,
): Promise<void> {
  const { tools, instance, shown, drive } = change;
  const volume = next === null ? null : volumeIn(drive, next);
  const content = contentFor(change, volume);
  await inStep(options, 'medium-change', () => update(change, content, options));
  if (instance.adoption === null)
    await inStep(options, 'medium-record', () => setMedium(tools, instance, drive, volume));
  else if (shown.domain !== null) await rememberDefinition(tools, instance, shown.domain);
  await removeOwnFile(tools, instance, drive.medium?.source ?? null);
}

/** A drive that was attached later stays the same volume; one of the launch gets one that says what is in it. */
function volumeIn(
  drive: Drive,
  { id, source, sizeBytes, imageId }: MadeSource & { readonly id: string },
): Volume {
  const { target, bus, medium, original } = drive;
  return {
    id: original === null ? (medium?.id ?? id) : id,
    source,
    device: 'cdrom',
    bus,
    target,
    readOnly: true,
    sizeBytes,
    attachedAt: medium?.attachedAt ?? new Date().toISOString(),
    ...defined({ name: medium?.name, imageId }),
  };
}

function contentFor({ tools, instance, drive }: Change, volume: Volume | null): Content {
  if (volume !== null) {
    const { directory } = instancePaths(tools.paths.instances, instance.id);
    return { source: diskSource(volume, directory), format: formatOf(volume) };
  }
  const { original } = drive;
  if (original !== null) {
    const { fileName, format } = original;
    return { source: { file: ownFilePath(tools, instance, fileName) }, format };
  }
  throw new Fault(
    'not-found',
    'MEDIUM_NOT_KNOWN',
    `Drive ${drive.target} of ${instance.name} was launched with nothing`,
    {
      hint: `Take out what is in it: novalet disk eject ${instance.name} ${drive.target}`,
    },
  );
}

/** The running domain first: that is the one which may refuse. */
async function update(change: Change, content: Content, { force = false }: MediumOptions): Promise<void> {
  const { tools, instance, shown, drive } = change;
  const { domain, live, definition } = shown;
  if (domain === null) {
    requireOwn(instance, 'change-medium');
    return; // it is defined with the medium when it starts
  }
  const stage = `the medium in ${drive.target} of ${instance.name} to be changed`;
  await inStage(tools, instance, { stage, timeoutMs: CHANGE_TIMEOUT_MS }, async () => {
    const running = diskAt(live, drive.target);
    if (running !== undefined) await updateLive(change, withContent(running, content), force);
    const defined = diskAt(definition, drive.target);
    if (defined !== undefined)
      await domain.updateDevice(serializeXml(withContent(defined, content)), { config: true });
  });
}

async function updateLive(change: Change, drive: Element, force: boolean): Promise<void> {
  const { domain } = change.shown;
  const alias = attributeOf(find(drive, 'alias'), 'name') ?? '';
  const isOurs = alias.startsWith(VOLUME_ALIAS);
  try {
    if (isOurs) await moveTray(change, 'blockdev-open-tray', { id: alias, force });
    await domain?.updateDevice(serializeXml(drive), { live: true, force });
    if (isOurs && find(drive, 'source') !== undefined)
      await moveTray(change, 'blockdev-close-tray', { id: alias });
  } catch (error) {
    throw await explained(error, change, force);
  }
}

/**
 * libvirt 9.0 does not know that a drive which was plugged in has a tray, and moves it neither way. What comes back is not
 * looked at: where the tray did not open, libvirt's own change fails, and says so.
 */
async function moveTray(
  { tools, instance, shown }: Change,
  execute: 'blockdev-open-tray' | 'blockdev-close-tray',
  words: Readonly<Record<string, string | boolean>>,
): Promise<void> {
  const reply = await shown.domain?.qemuMonitorCommand(JSON.stringify({ execute, arguments: words }));
  tools.log.debug({ instance: instance.id, execute, reply }, 'moved the tray of a drive');
}

/** That the guest locked its tray is seen by the medium that is in it still. */
async function explained(error: unknown, change: Change, force: boolean): Promise<unknown> {
  const { tools, instance, shown, drive } = change;
  if (force || !isFault(error, 'LIBVIRT_FAILED')) return error;
  const now = diskAt((await showDomain(tools, instance)).live, drive.target);
  if (sourcePath(now) === null || sourcePath(now) !== sourcePath(diskAt(shown.live, drive.target)))
    return error;
  return new Fault(
    'refused',
    'TRAY_LOCKED',
    `The guest of ${instance.name} keeps the CD in ${drive.target}`,
    {
      cause: error,
      hint: `Unmount it in the guest, or take it out all the same: --force`,
    },
  );
}

/** The same drive with another file in it, or with none. */
export function withFile(disk: Element, path: string | null, format: Content['format']): Element {
  return withContent(disk, { source: path === null ? null : { file: path }, format });
}

/** The same drive with another medium. */
function withContent(disk: Element, { source, format }: Content): Element {
  const kept = disk.children
    .filter((child) => typeof child === 'string' || !['source', 'backingStore'].includes(child.name))
    .map((child) =>
      typeof child !== 'string' && child.name === 'driver'
        ? { ...child, attributes: new Map(child.attributes).set('type', format) }
        : child,
    );
  const attributes = new Map(disk.attributes).set(
    'type',
    source !== null && 'block' in source ? 'block' : 'file',
  );
  const children = source === null ? kept : [diskSourceElement(source), ...kept];
  return { ...disk, attributes, children };
}

/** `volume`: null for what the drive was launched with. */
export function setMedium(
  tools: Tools,
  { id }: Instance,
  { target }: Pick<Drive, 'target'>,
  volume: Volume | null,
): void {
  tools.store.instances.change(id, (current) => {
    const at = current.volumes.findIndex((one) => one.target === target);
    const others = current.volumes.filter((one) => one.target !== target);
    if (volume === null) return { ...current, volumes: others };
    const volumes = at < 0 ? [...others, volume] : others.toSpliced(at, 0, volume);
    return { ...current, volumes };
  });
}

async function shownDrive(tools: Tools, instance: Instance, { target }: Drive): Promise<DiskView> {
  const view = await viewOfTarget(tools, instance.id, target);
  if (view !== undefined) return view;
  throw new Fault('internal', 'INTERNAL', `The drive ${target} of ${instance.name} is not there any more`);
}

/** Its own drive of that name has another place, or none, until the rescue ends. */
function ofRescue({ name }: Instance, target: string): Fault {
  return new Fault('denied', 'DRIVE_RESERVED', `${target} of ${name} belongs to the rescue system`, {
    hint: `End the rescue first: novalet unrescue ${name}`,
    details: { role: 'rescue' },
  });
}

function reserved({ name }: Instance, target: string, role: string): Fault {
  return new Fault(
    'denied',
    'DRIVE_RESERVED',
    role === 'agent'
      ? `Drive ${target} of ${name} is where the guest has its agent from`
      : `Drive ${target} of ${name} is where the guest reads its configuration`,
    {
      hint: `If that is meant: --force. Another drive is better: novalet disk attach ${name} --cdrom`,
      details: { role },
    },
  );
}
