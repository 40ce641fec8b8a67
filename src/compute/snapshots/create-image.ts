// An image of an instance's root disk: of one that is off by qemu-img, of one that runs by QEMU itself (backups/push-job.ts).
// The domain is never undefined, and its disks stay as they are; a kill at any step leaves a file and a job that
// repair-image.ts takes away.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, newUuid } from '../../base/index.ts';
import { checkImageProperties, type Disk, type Image, type Instance, isTrueWord } from '../../model/index.ts';
import {
  convertImage,
  measureBytes,
  requireSpace,
  storeMadeImage,
  temporaryFor,
} from '../../storage/index.ts';
import { PushJob } from '../backups/push-job.ts';
import type { ActOptions } from '../compute.ts';
import { type Report, told } from '../emit-step.ts';
import { holdInstance, holdLease } from '../holding.ts';
import { requireFreeImageName } from '../image-store.ts';
import { diskPath, instancePaths } from '../paths.ts';
import { powerStateOf } from '../power-state.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { imageNameOf, minimaOf, originProperties } from './image-of-instance.ts';
import { atOneMoment, FREEZE_DEADLINE_MS } from './one-moment.ts';
import type { Consistency, CreatedImage, CreateImageRequest, Quiesce } from './requests.ts';
import { removeRotated, requireRotation } from './rotation.ts';

/** A file nobody else has, and of which another process could not be working. */
const TURN_TIMEOUT_MS = 10_000;

/** The acts of a live image in their order; of a cold one `copy` and `store` alone. `pack` where it is compressed. */
export const IMAGE_STEPS = ['freeze', 'copy-begin', 'thaw', 'copy', 'pack', 'store'] as const;
export type ImageStep = (typeof IMAGE_STEPS)[number];

const WORDS: Readonly<Record<ImageStep, string>> = {
  freeze: "freezing the guest's filesystems",
  'copy-begin': 'beginning the copy',
  thaw: 'thawing them',
  copy: 'copying the root disk',
  pack: 'compressing the copy',
  store: 'checking and storing the image',
};

/** Under the instance's lease. Throws `IMAGE_EXISTS`, `IMAGE_NAME_INVALID`, `INSTANCE_ADOPTED`, `ROOT_DISK_NOT_COPYABLE`, `QUIESCE_LOST`. */
export async function createImage(
  tools: Tools,
  ref: string,
  request: CreateImageRequest,
  options: ActOptions,
): Promise<CreatedImage> {
  if (request.rotate !== undefined) requireRotation(request.rotate);
  const state = request.rotate === undefined ? 'image_snapshot' : 'image_backup';
  using held = await holdInstance(tools, ref, 'create-image', { state, ...options });
  const make = async () => await imageOfInstance(tools, held.instance, request, options);
  const made = await tools.slots.run('snapshots', make, options);
  const { rotate } = request;
  return {
    ...made,
    removed: rotate === undefined ? [] : await removeRotated(tools, held.instance.id, rotate),
  };
}

/** The same for who holds the instance's lease and a turn already, in a task of his own that ends copies when it is repaired. */
export async function imageOfInstance(
  tools: Tools,
  instance: Instance,
  request: CreateImageRequest,
  options: ActOptions = {},
): Promise<Omit<CreatedImage, 'removed'>> {
  requireOwn(instance, 'create-image');
  const disk = rootDiskOf(instance);
  const name = request.name ?? imageNameOf(instance, new Date(), request.rotate?.type);
  requireFreeImageName(tools, name);
  const id = newUuid();
  using _lease = await holdLease(tools, `image:${id}`, 'create', {
    timeoutMs: TURN_TIMEOUT_MS,
    signal: options.signal,
  });
  const work: Work = { tools, instance, disk, id, name, request, options };
  const power = await powerStateOf(await tools.libvirt.findDomain(instance));
  const isLive = power === 'RUNNING' || power === 'PAUSED' || power === 'SUSPENDED';
  const copy = isLive ? await copyLive(work) : await copyCold(work);
  try {
    const { consistency, why } = copy;
    return { image: await during(options, 'store', () => stored(work, copy)), consistency, why };
  } finally {
    await rm(copy.file, { force: true }); // it has moved, unless something failed
  }
}

interface Work {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly disk: Disk;
  readonly id: string;
  readonly name: string;
  readonly request: CreateImageRequest;
  readonly options: ActOptions;
}

interface Copied {
  readonly file: string;
  readonly consistency: Consistency;
  readonly why: string | null;
}

async function copyCold(work: Work): Promise<Copied> {
  const { tools, instance, disk, id, request, options } = work;
  const from = {
    path: diskPath(instancePaths(tools.paths.instances, instance.id), disk),
    format: disk.format,
  };
  const file = await temporaryFor(join(tools.paths.images, id));
  await requireRoom(work, tools.paths.images);
  await convert(from, file, { compress: request.compress, options, step: 'copy' });
  // A saved memory holds what its guest has not written yet.
  return { file, consistency: instance.vmState === 'suspended' ? 'crash' : 'off', why: null };
}

async function copyLive(work: Work): Promise<Copied> {
  const { tools, instance, disk, id, request, options } = work;
  // QEMU's user gets through to the instance's directory, and not to that of the images.
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  const file = await temporaryFor(join(directory, 'image'));
  await requireRoom(work, directory);
  const disks = [{ target: disk.target, file, format: 'qcow2' as const }];
  const wish = {
    quiesce: request.quiesce ?? wishOf(instance),
    deadlineMs: request.freezeDeadlineMs ?? FREEZE_DEADLINE_MS,
    signal: options.signal,
    tell: (step: 'freeze' | 'thaw', phase: 'begin' | 'end') =>
      options.onProgress?.({ step, phase, what: WORDS[step] }),
  };
  try {
    await using copies = new AsyncDisposableStack();
    const moment = await atOneMoment(tools, instance, wish, () =>
      during(options, 'copy-begin', async () => copies.use(await PushJob.begin(tools, instance, { disks }))),
    );
    const { signal } = options;
    await during(options, 'copy', ({ bytes }) => moment.result.finished({ signal, onProgress: bytes }));
    const { consistency, why } = moment;
    if (request.compress !== true) return { file, consistency, why };
    const packed = await temporaryFor(join(tools.paths.images, id));
    await convert({ path: file, format: 'qcow2' }, packed, { compress: true, options, step: 'pack' });
    await rm(file, { force: true });
    return { file: packed, consistency, why };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function convert(
  from: { readonly path: string; readonly format: 'qcow2' | 'raw' },
  file: string,
  how: { readonly compress: boolean | undefined; readonly options: ActOptions; readonly step: ImageStep },
): Promise<void> {
  const { compress, options, step } = how;
  const limits = { signal: options.signal, compress, unlocked: true };
  try {
    await during(options, step, ({ fraction }) =>
      convertImage(from, { path: file, format: 'qcow2' }, { ...limits, onProgress: fraction }),
    );
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function stored(work: Work, copy: Copied): Promise<Image> {
  const { tools, instance, id, name, request, options } = work;
  const { path, ...facts } = await storeMadeImage({
    file: copy.file,
    directory: tools.paths.images,
    id,
    name,
    signal: options.signal,
  });
  const { rotate, properties } = request;
  const origin = { consistency: copy.consistency, backupType: rotate?.type, properties };
  try {
    const image: Image = {
      id,
      name,
      ...facts,
      sha256: null,
      ...minimaOf(facts.virtualSizeBytes, tools.store.images.get(instance.image.id)),
      properties: originProperties(instance, origin),
      createdAt: new Date().toISOString(),
    };
    checkImageProperties(image.properties, image.diskFormat);
    tools.store.images.insert(image);
    return image;
  } catch (error) {
    await rm(path, { force: true }); // somebody took the name meanwhile
    throw error;
  }
}

/** The image's os_require_quiesce, as Nova reads it. */
function wishOf(instance: Instance): Quiesce {
  return isTrueWord(instance.image.properties['os_require_quiesce']) ? 'require' : 'try';
}

async function requireRoom({ tools, instance, disk, name, options }: Work, directory: string): Promise<void> {
  const path = diskPath(instancePaths(tools.paths.instances, instance.id), disk);
  const need = await measureBytes({ path, format: disk.format }, { signal: options.signal });
  await requireSpace(directory, need, `image ${name}`);
}

function rootDiskOf(instance: Instance): Disk {
  const disk = instance.disks.find(({ role }) => role === 'root');
  if (disk !== undefined && disk.device === 'disk') return disk;
  throw new Fault(
    'unsupported',
    'ROOT_DISK_NOT_COPYABLE',
    `Instance ${instance.name} has no root disk to copy`,
    {
      hint: 'It boots from a CD. Copy what it keeps: novalet export, or a disk of its own.',
    },
  );
}

async function during<T>(
  options: ActOptions,
  step: ImageStep,
  act: (report: Report) => Promise<T>,
): Promise<T> {
  return await told(options, step, WORDS[step], act);
}
