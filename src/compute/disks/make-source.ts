// Makes, or finds, what a wish for a disk names. What is made lies in the instance's directory under the volume's id.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, isUuid } from '../../base/index.ts';
import type { Image, Instance, Volume, VolumeSource } from '../../model/index.ts';
import {
  copyDisk,
  copyMedium,
  createBlankDisk,
  createBlankMedium,
  namesIn,
  qemuFormatOf,
  readImageInfo,
} from '../../storage/index.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { instancePaths } from '../paths.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import type { DiskWish } from './disk-requests.ts';
import { checkedSize } from './disk-size.ts';
import { blockSource, fileSource, isoFile, requireIscsiDriver, requireServer } from './host-sources.ts';

export type MadeSource = Pick<Volume, 'source' | 'sizeBytes'> & {
  /** Made just now, so that a failure removes it. */
  readonly isNew: boolean;
  /** Of what it was copied. */
  readonly imageId?: string;
};

/** Whose disk it is to be, and under which id. */
export interface Making {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly volume: Pick<Volume, 'id' | 'device'>;
  readonly options: ActOptions;
}

const DISK = 'volume-';
const MEDIUM = 'medium-';
const FILE_STEP = 'disk-file';

/** Throws what each kind of source throws, and `INSTANCE_ADOPTED` for what would need a directory of novalet's. */
export async function makeSource(work: Making, wish: DiskWish): Promise<MadeSource> {
  const { tools, instance, volume } = work;
  switch (wish.kind) {
    case 'none':
      return { source: null, sizeBytes: null, isNew: false };
    case 'file':
      return foreign(
        volume.device === 'cdrom' ? await isoFile(tools, wish.path) : await fileSource(tools, wish),
      );
    case 'block':
      return foreign(await blockSource(wish.path));
    case 'nbd':
      await requireServer(wish.server);
      return foreign({ kind: 'nbd', server: wish.server, exportName: wish.exportName });
    case 'iscsi': {
      const { host, port, target, lun } = wish;
      requireIscsiDriver();
      await requireServer({ host, port });
      return foreign({ kind: 'iscsi', host, port, target, lun });
    }
    default:
      requireOwn(instance, 'attach-disk');
      return await makeOwn(work, wish);
  }
}

async function makeOwn(
  work: Making,
  wish: Extract<DiskWish, { kind: 'image' | 'new' | 'kept' }>,
): Promise<MadeSource> {
  const { tools, instance, volume, options } = work;
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  switch (wish.kind) {
    case 'image': {
      const image = tools.store.images.find(wish.image);
      return volume.device === 'cdrom'
        ? await copyOfIso(work, image)
        : await copyOfImage(
            work,
            image,
            wish.sizeBytes === undefined ? undefined : checkedSize(wish.sizeBytes),
          );
    }
    case 'new': {
      const fileName = DISK + volume.id;
      const sizeBytes = checkedSize(wish.sizeBytes);
      await told(options, FILE_STEP, 'making an empty disk', () =>
        createBlankDisk(join(directory, fileName), sizeBytes, { signal: options.signal }),
      );
      return { source: { kind: 'own', fileName, format: 'qcow2' }, sizeBytes, isNew: true };
    }
    case 'kept': {
      const fileName = DISK + volume.id;
      const file = { path: join(directory, fileName), format: 'qcow2' } as const;
      const { virtualSizeBytes } = await readImageInfo(file, { signal: options.signal });
      return {
        source: { kind: 'own', fileName, format: 'qcow2' },
        sizeBytes: virtualSizeBytes,
        isNew: false,
      };
    }
    default:
      return wish satisfies never;
  }
}

async function copyOfImage(
  { tools, instance, volume, options }: Making,
  image: Image,
  sizeBytes: number | undefined,
): Promise<MadeSource> {
  const format = qemuFormatOf(image.diskFormat);
  if (format === null) {
    throw new Fault(
      'invalid',
      'IMAGE_NOT_A_DISK',
      `Image ${image.name} is a kernel or a ramdisk, and no disk`,
      {
        hint: 'novalet image list shows the formats.',
      },
    );
  }
  const fileName = DISK + volume.id;
  const from = { path: join(tools.paths.images, image.id), format };
  const to = join(instancePaths(tools.paths.instances, instance.id).directory, fileName);
  const { signal } = options;
  const copy = async () =>
    await told(options, FILE_STEP, `copying image ${image.name}`, ({ fraction }) =>
      copyDisk(from, to, sizeBytes, { signal, onProgress: fraction }),
    );
  const size = await tools.slots.run('conversions', copy, options);
  const source = { kind: 'own', fileName, format: 'qcow2' } as const;
  return { source, sizeBytes: size, isNew: true, imageId: image.id };
}

async function copyOfIso({ tools, instance, volume, options }: Making, image: Image): Promise<MadeSource> {
  if (image.diskFormat !== 'iso') {
    throw new Fault('invalid', 'IMAGE_NOT_AN_ISO', `Image ${image.name} is ${image.diskFormat}, and no CD`, {
      hint: 'As a disk it is attached without --cdrom.',
    });
  }
  const fileName = MEDIUM + volume.id;
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  const copy = async () =>
    await told(options, FILE_STEP, `copying image ${image.name}`, () =>
      copyMedium(join(tools.paths.images, image.id), join(directory, fileName)),
    );
  const size = await tools.slots.run('conversions', copy, options);
  return {
    source: { kind: 'own', fileName, format: 'raw' },
    sizeBytes: size,
    isNew: true,
    imageId: image.id,
  };
}

/** Something to plug a drive in with that is to be empty: libvirt 9.0 plugs in none that is. */
export async function makeBlankMedium(tools: Tools, instance: Instance, id: string): Promise<MadeSource> {
  requireOwn(instance, 'attach-disk');
  const fileName = MEDIUM + id;
  await createBlankMedium(ownFilePath(tools, instance, fileName));
  return { source: { kind: 'own', fileName, format: 'raw' }, sizeBytes: null, isNew: true };
}

/** Removes the file of a source that is the instance's own; others are somebody else's. */
export async function removeOwnFile(
  tools: Tools,
  instance: Pick<Instance, 'id'>,
  source: VolumeSource | null,
): Promise<void> {
  if (source?.kind !== 'own') return;
  await rm(join(instancePaths(tools.paths.instances, instance.id).directory, source.fileName), {
    force: true,
  });
}

export function ownFilePath(tools: Tools, instance: Pick<Instance, 'id'>, fileName: string): string {
  return join(instancePaths(tools.paths.instances, instance.id).directory, fileName);
}

/** Ids of its own disks whose files are there although nothing has them: detached, and kept. */
export async function keptIds(tools: Tools, instance: Instance): Promise<readonly string[]> {
  const used = new Set(instance.volumes.map(({ id }) => id));
  const names = await namesIn(instancePaths(tools.paths.instances, instance.id).directory);
  return names
    .filter((name) => name.startsWith(DISK))
    .map((name) => name.slice(DISK.length))
    .filter((id) => isUuid(id) && !used.has(id))
    .toSorted();
}

/** The one kept disk whose id begins so. Throws `DISK_NOT_KEPT`. */
export async function findKept(tools: Tools, instance: Instance, beginning: string): Promise<string> {
  const [found, ...others] = (await keptIds(tools, instance)).filter((id) => id.startsWith(beginning));
  if (found !== undefined && others.length === 0) return found;
  const what = found === undefined ? 'keeps no disk' : 'keeps more than one disk';
  throw new Fault(
    'not-found',
    'DISK_NOT_KEPT',
    `Instance ${instance.name} ${what} whose id begins with "${beginning}"`,
    {
      hint: `novalet disk list ${instance.name} shows those that were detached and kept.`,
    },
  );
}

/** Whether a name is that of a copy of a CD, `medium-<id>`. */
export function isMediumFile(name: string): boolean {
  return name.startsWith(MEDIUM) && isUuid(name.slice(MEDIUM.length));
}

export function keptFileName(id: string): string {
  return DISK + id;
}

function foreign(source: VolumeSource): MadeSource {
  return { source, sizeBytes: null, isNew: false };
}
