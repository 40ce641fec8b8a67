// Carries out a build plan, step by step, under an undo. One table of executors; what they decide was decided in the plan.
import { throwIfCancelled, Undo } from '../base/index.ts';
import type { DriveDatasource, Instance } from '../model/index.ts';
import type { ActOptions } from './compute.ts';
import { emit } from './emit-step.ts';
import { recordFailure } from './failure-record.ts';
import { makeFile } from './make-file.ts';
import { type BuildPlan, STEP_WORDS, type Step } from './plan.ts';
import { startDomain } from './power.ts';
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

async function runStep(job: BuildJob, step: Exclude<Step, { kind: 'record' }>): Promise<void> {
  switch (step.kind) {
    case 'define-domain':
    case 'start-domain':
    case 'activate':
      await runDomainStep(job, step);
      return;
    default:
      await makeFile({ ...job, instance: job.plan.instance }, step);
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
      await startDomain(tools, plan.instance, domain, job.options.signal);
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
