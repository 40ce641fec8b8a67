// Carries out a build plan, step by step, under an undo. One table of executors; what they decide was decided in the plan.
import { copyFile, constants as fsConstants } from 'node:fs/promises';
import { join } from 'node:path';
import { GIB, MIB, throwIfCancelled, Undo, within } from '../base/index.ts';
import type { DriveDatasource, Image, Instance } from '../model/index.ts';
import {
  chooseEphemeralFilesystem,
  createEphemeral,
  createInstanceDirectory,
  createRootOverlay,
  createSwap,
  type DiskBase,
  writeAgentDrive,
  writeConfigDrive,
} from '../storage/index.ts';
import type { ActOptions, ProgressEvent } from './compute.ts';
import { recordFailure } from './failure-record.ts';
import { type BuildPlan, STEP_WORDS, type Step } from './plan.ts';
import { takeBack } from './take-back.ts';
import type { Tools } from './tools.ts';

/** One build under way. */
export interface BuildJob {
  readonly tools: Tools;
  readonly plan: BuildPlan;
  /** The config drive's files; they may hold secrets and are therefore not in the plan. */
  readonly configDrive: (datasource: DriveDatasource) => ReadonlyMap<string, Uint8Array>;
  readonly options: ActOptions;
}

/** Start of QEMU to libvirt's answer; minutes only where libvirt probes QEMU anew (docs/troubleshooting.md). */
const START_TIMEOUT_MS = 180_000;
/** How long another process may take to prepare the same base. */
const BASE_TIMEOUT_MS = 1_800_000;

/**
 * Runs the steps after `record`, whose instance and lease the caller has written. Resolves with the active instance; on a
 * failure takes everything back, then throws it.
 */
export async function build(job: BuildJob): Promise<Instance> {
  const { tools, plan } = job;
  const { id } = plan.instance;
  await using undo = new Undo((what, error) => {
    tools.log.warn({ err: error, instance: id }, `could not ${what} after a failed build`);
    recordFailure(tools, id, error, 'The build failed, and was not taken back whole: ');
  });
  undo.push('take the instance back', () => takeBack(tools, plan.instance));
  for (const step of plan.steps) {
    if (step.kind === 'record') continue; // written by the caller, in the transaction that chose number and address
    throwIfCancelled(job.options.signal, STEP_WORDS[step.kind]);
    emit(job.options, step.kind, 'begin');
    await runStep(job, step);
    emit(job.options, step.kind, 'end');
  }
  undo.keep();
  return tools.store.instances.find(id);
}

export function emit(
  options: ActOptions,
  step: Step['kind'],
  phase: ProgressEvent['phase'],
  more: { readonly done?: number; readonly total?: number; readonly unit?: 'bytes' | 'percent' } = {},
): void {
  options.onProgress?.({ step, phase, what: STEP_WORDS[step], ...more });
}

async function runStep(job: BuildJob, step: Exclude<Step, { kind: 'record' }>): Promise<void> {
  const { tools, options } = job;
  const { signal } = options;
  switch (step.kind) {
    case 'instance-directory':
      await createInstanceDirectory(tools.paths.instances, job.plan.instance.id);
      return;
    case 'base-image':
      await prepareBase(job, step.image);
      return;
    case 'root-disk':
      await createRootOverlay(step.path, await prepareBase(job, step.image), step.disk.sizeBytes, signal);
      return;
    case 'ephemeral-disk': {
      const filesystem = await chooseEphemeralFilesystem(job.plan.instance.image.properties['os_type']);
      const sizeGiB = step.disk.sizeBytes / GIB;
      const bases = await tools.bases.get();
      await createEphemeral(bases, { path: step.path, sizeGiB, filesystem, index: 0 }, { signal });
      return;
    }
    case 'swap-disk': {
      const bases = await tools.bases.get();
      await createSwap(bases, { path: step.path, sizeMiB: step.disk.sizeBytes / MIB }, { signal });
      return;
    }
    case 'kernel':
    case 'ramdisk':
      await copyFile(
        join(tools.paths.images, step.image.id),
        step.path,
        fsConstants.COPYFILE_FICLONE | fsConstants.COPYFILE_EXCL,
      );
      return;
    case 'config-drive':
      await writeConfigDrive(step.path, job.configDrive(step.datasource), {
        signal,
        format: step.format,
        label: step.datasource === 'nocloud' ? 'cidata' : 'config-2',
      });
      return;
    case 'agent-drive': {
      const { TEMPLATES } = await import('./image-recipes.ts');
      const places = { cache: tools.paths.agentDrives, templates: join(TEMPLATES, 'agent-drive') };
      await writeAgentDrive(step.path, places, { signal });
      return;
    }
    default:
      await runDomainStep(job, step);
  }
}

type DomainStep = Extract<Step, { kind: 'define-domain' | 'start-domain' | 'activate' }>;

async function runDomainStep(job: BuildJob, step: DomainStep): Promise<void> {
  const { tools, plan } = job;
  switch (step.kind) {
    case 'define-domain':
      await (await tools.libvirt.control()).defineDomain(plan.domainXml, { validate: true });
      return;
    case 'start-domain': {
      const domain = await tools.libvirt.domain(plan.instance);
      await within(
        START_TIMEOUT_MS,
        `the domain ${plan.instance.domainName} to start`,
        () => domain.start(),
        {
          signal: job.options.signal,
          hint: 'novalet doctor finds what makes libvirt slow.',
          outcome: 'unknown',
        },
      );
      return;
    }
    case 'activate':
      tools.store.instances.change(plan.instance.id, (current) => ({
        ...current,
        vmState: 'active',
        taskState: null,
        launchedAt: new Date().toISOString(),
      }));
      return;
    default:
      step satisfies never;
  }
}

/** Made once by whoever comes first; other processes wait for the lease, others in this process for the first one. */
async function prepareBase(job: BuildJob, image: Image): Promise<DiskBase> {
  const { tools, options } = job;
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
      return await bases.prepareBase(source, { signal, onProgress });
    },
    signal,
  );
}
