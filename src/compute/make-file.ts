// Makes one file of an instance, for a launch as for a repair. Which files there are is decided elsewhere.
import { copyFile, constants as fsConstants } from 'node:fs/promises';
import { join } from 'node:path';
import { GIB, MIB } from '../base/index.ts';
import type { DriveDatasource, Image, Instance } from '../model/index.ts';
import {
  chooseEphemeralFilesystem,
  createEphemeral,
  createInstanceDirectory,
  createRootOverlay,
  createSwap,
  type DiskBase,
  qemuFormatOf,
  writeAgentDrive,
  writeConfigDrive,
} from '../storage/index.ts';
import type { ActOptions } from './compute.ts';
import { emit } from './emit-step.ts';
import type { FileStep } from './plan.ts';
import type { Tools } from './tools.ts';

/** What files of one instance are made with. */
export interface FileJob {
  readonly tools: Tools;
  readonly instance: Instance;
  /** The config drive's files; they may hold secrets and are therefore in no plan. */
  readonly configDrive: (datasource: DriveDatasource) => ReadonlyMap<string, Uint8Array>;
  readonly options: ActOptions;
}

/** How long another process may take to prepare the same base: two hours until it has its turn, and two to convert. */
const BASE_TIMEOUT_MS = 4 * 3_600_000;

/** A file that is there already is a fault, but for the config drive and the base; one that is begun and fails is removed. */
export async function makeFile(job: FileJob, step: FileStep): Promise<void> {
  const { tools, options, instance } = job;
  const { signal } = options;
  switch (step.kind) {
    case 'instance-directory':
      await createInstanceDirectory(tools.paths.instances, instance.id);
      return;
    case 'base-image':
      await prepareBase(job, step.image);
      return;
    case 'root-disk':
      await createRootOverlay(step.path, await prepareBase(job, step.image), step.disk.sizeBytes, signal);
      return;
    case 'ephemeral-disk': {
      const filesystem = await chooseEphemeralFilesystem(instance.image.properties['os_type']);
      const sizeGiB = step.disk.sizeBytes / GIB;
      await createEphemeral(
        await tools.bases.get(),
        { path: step.path, sizeGiB, filesystem, index: 0 },
        { signal },
      );
      return;
    }
    case 'swap-disk':
      await createSwap(
        await tools.bases.get(),
        { path: step.path, sizeMiB: step.disk.sizeBytes / MIB },
        { signal },
      );
      return;
    case 'kernel':
    case 'ramdisk':
      await copyFile(
        join(tools.paths.images, step.image.id),
        step.path,
        fsConstants.COPYFILE_FICLONE | fsConstants.COPYFILE_EXCL,
      );
      return;
    default:
      await makeDrive(job, step);
  }
}

async function makeDrive(
  { tools, options: { signal }, configDrive }: FileJob,
  step: Extract<FileStep, { kind: 'config-drive' | 'agent-drive' }>,
): Promise<void> {
  if (step.kind === 'config-drive') {
    const label = step.datasource === 'nocloud' ? 'cidata' : 'config-2';
    await writeConfigDrive(step.path, configDrive(step.datasource), { signal, format: step.format, label });
    return;
  }
  const { TEMPLATES } = await import('./image-recipes.ts');
  const places = { cache: tools.paths.agentDrives, templates: join(TEMPLATES, 'agent-drive') };
  await writeAgentDrive(step.path, places, { signal });
}

/** Made once by whoever comes first; other processes wait for the lease, others in this process for the first one. */
export async function prepareBase(
  { tools, options }: Pick<FileJob, 'tools' | 'options'>,
  image: Image,
): Promise<DiskBase> {
  const source = {
    id: image.id,
    path: join(tools.paths.images, image.id),
    diskFormat: image.diskFormat,
    name: image.name,
  };
  const onProgress = (fraction: number) =>
    emit(options, 'base-image', 'progress', {
      done: Math.round(fraction * 100),
      total: 100,
      unit: 'percent',
    });
  const { signal } = options;
  const bases = await tools.bases.get();
  const ready = await bases.findBase(source);
  if (ready !== undefined) return ready;
  return await tools.baseTurns.run(
    image.id,
    async () => {
      using _lease = await tools.store.leases.acquireWaiting(`base:${image.id}`, 'prepare', {
        timeoutMs: BASE_TIMEOUT_MS,
        signal,
        takeOverDead: true,
      });
      const made = await bases.findBase(source); // by whoever had the lease before
      if (made !== undefined) return made;
      tools.log.info({ image: image.name }, 'preparing the base of an image');
      const prepare = async () => await bases.prepareBase(source, { signal, onProgress });
      if (qemuFormatOf(image.diskFormat) === 'raw') return await prepare(); // a link
      return await tools.slots.run('conversions', prepare, options);
    },
    signal,
  );
}
