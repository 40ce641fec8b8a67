// Making again which of an instance's files are missing: what the records or an image can give, and nothing that would hide
// that data are lost.
import { rename, rm } from 'node:fs/promises';
import { Fault, throwIfCancelled } from '../base/index.ts';
import { type Disk, type Image, type Instance, mayBegin, type PowerState } from '../model/index.ts';
import { isThere, missingBase, temporaryFor } from '../storage/index.ts';
import type { ActOptions } from './compute.ts';
import { emit } from './emit-step.ts';
import { diskStep } from './file-steps.ts';
import { documentsJob, driveDocuments } from './guest-documents.ts';
import { type FileJob, makeFile } from './make-file.ts';
import { diskPath, instancePaths } from './paths.ts';
import { type FileStep, STEP_WORDS } from './plan.ts';
import { observedState } from './reconcile.ts';
import type { Tools } from './tools.ts';

export interface MissingFilesOptions extends ActOptions {
  /** Makes a missing root disk from the image again; what was on it is gone. Without it that is `ROOT_DISK_LOST`. */
  readonly allowNewRoot?: boolean;
}

/**
 * Makes whichever of the instance's own files is missing, and gives the paths of what it made; the caller holds the instance,
 * which is off. A config drive is made from the records, without a password in clear. An adopted instance's files are not
 * ours: nothing is made. Throws `ROOT_DISK_LOST`, `DISK_BASE_LOST` and `SOURCE_IMAGE_GONE` before anything is made.
 */
export async function makeMissingFiles(
  tools: Tools,
  instance: Instance,
  options: MissingFilesOptions = {},
): Promise<readonly string[]> {
  if (instance.adoption !== null) return [];
  const steps = await missingSteps(tools, instance, options.allowNewRoot === true);
  const job: FileJob = {
    tools,
    instance,
    options,
    configDrive: (datasource) =>
      driveDocuments({ ...documentsJob(tools, instance.id), instance }, datasource),
  };
  const made: string[] = [];
  for (const step of steps) {
    throwIfCancelled(options.signal, STEP_WORDS[step.kind]);
    emit(options, step.kind, 'begin');
    made.push(...(await makeWhole(job, step)));
    emit(options, step.kind, 'end');
  }
  return made;
}

/** Throws `ROOT_DISK_LOST`. An adopted instance's files are not looked for. `power`: of its guest just now. */
export async function requireRootDisk(
  tools: Tools,
  instance: Instance,
  power: PowerState = 'SHUTDOWN',
): Promise<void> {
  const root = instance.disks.find(({ role }) => role === 'root');
  if (instance.adoption !== null || root === undefined) return;
  const path = diskPath(instancePaths(tools.paths.instances, instance.id), root);
  if (!(await isThere(path))) throw rootDiskLost(instance, path, power);
}

/** Puts a file in its place when it is whole, in place of what was there: a kill in the middle leaves none by halves. */
export async function makeWhole(job: FileJob, step: FileStep): Promise<readonly string[]> {
  if (!('path' in step)) {
    await makeFile(job, step);
    const { instances } = job.tools.paths;
    return step.kind === 'instance-directory' ? [instancePaths(instances, job.instance.id).directory] : [];
  }
  const temporary = await temporaryFor(step.path);
  try {
    await makeFile(job, { ...step, path: temporary });
    await rename(temporary, step.path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return [step.path];
}

async function missingSteps(
  tools: Tools,
  instance: Instance,
  allowNewRoot: boolean,
): Promise<readonly FileStep[]> {
  const paths = instancePaths(tools.paths.instances, instance.id);
  const steps: FileStep[] = [];
  for (const disk of instance.disks) {
    const path = diskPath(paths, disk);
    const isPresent = await isThere(path);
    if (!isPresent && disk.role === 'root' && !allowNewRoot) throw rootDiskLost(instance, path);
    const lost = isPresent && disk.format === 'qcow2' ? await missingBase(path) : undefined;
    if (lost !== undefined && disk.role !== 'swap') steps.push(await baseStep(tools, instance, disk, lost));
    else if (!isPresent || lost !== undefined) {
      const { image } = instance;
      steps.push(diskStep(disk, path, () => sourceImage(tools, instance, image.id, 'root disk')));
    }
  }
  for (const kind of ['kernel', 'ramdisk'] as const) {
    const ref = instance.image.properties[`${kind}_id`];
    if (ref === undefined || (await isThere(paths[kind]))) continue;
    steps.push({ kind, path: paths[kind], image: sourceImage(tools, instance, ref, kind) });
  }
  return (await isThere(paths.directory)) ? steps : [{ kind: 'instance-directory' }, ...steps];
}

/**
 * A base made again from the same stored image has the same content. A filesystem made again has not: what was written over
 * the old one fits nothing.
 */
async function baseStep(tools: Tools, instance: Instance, disk: Disk, lost: string): Promise<FileStep> {
  const bases = await tools.bases.get();
  if (disk.role === 'root' && bases.isBaseOf(instance.image.id, lost))
    return { kind: 'base-image', image: sourceImage(tools, instance, instance.image.id, 'root disk') };
  throw new Fault(
    'not-found',
    'DISK_BASE_LOST',
    `The ${disk.role} disk of ${instance.name} lies over ${lost}, which is not there any more`,
    {
      hint: `Put that file back, or give up what is on the disk: ${beginAnew(instance)}`,
      details: { path: lost },
    },
  );
}

function sourceImage({ store }: Tools, instance: Instance, ref: string, what: string): Image {
  const image = store.images.get(ref) ?? store.images.list().find(({ name }) => name === ref);
  if (image !== undefined) return image;
  const name = ref === instance.image.id ? instance.image.name : ref;
  throw new Fault(
    'not-found',
    'SOURCE_IMAGE_GONE',
    `A part of the ${what} of ${instance.name} is missing, and image ${name}, which it was made from, is not stored any more`,
    {
      hint: `Restore a backup, or give it another image: ${beginAnew(instance, ' --image IMAGE')}`,
      details: { image: ref },
    },
  );
}

function rootDiskLost(instance: Instance, path: string, power: PowerState = 'SHUTDOWN'): Fault {
  const isHad = power === 'RUNNING' || power === 'PAUSED' || power === 'SUSPENDED';
  return new Fault(
    'not-found',
    'ROOT_DISK_LOST',
    isHad
      ? `The root disk of ${instance.name} is gone, and its guest has what was on it only until it ends: ${path}`
      : `The root disk of ${instance.name} is gone, and with it what was on it: ${path}`,
    {
      hint: isHad
        ? `Copy what matters out of the guest first (novalet cp); then begin anew from its image: ${beginAnew(instance, '', power)}`
        : `Put the file back, or begin anew from its image: ${beginAnew(instance)}`,
      details: { path },
    },
  );
}

/** What its state allows: of a suspended guest the memory goes first, and a shelved one is whole or nothing. */
function beginAnew(instance: Instance, more = '', power: PowerState = 'SHUTDOWN'): string {
  const { name } = instance;
  const rebuild = `novalet rebuild ${name}${more}`;
  const state = observedState(instance, power);
  if (mayBegin('rebuild', state)) return rebuild;
  if (state === 'paused') return `novalet unpause ${name}; then ${rebuild}`;
  if (state === 'suspended') return `novalet reboot --hard ${name} drops its memory; then ${rebuild}`;
  return `novalet delete ${name} and a new launch, since it is ${state.replace('_', ' and ')}`;
}
