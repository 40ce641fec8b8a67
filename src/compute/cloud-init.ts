// A guest's cloud-init, through its agent: how far it is, and having it do again what it did at the first boot.
import { asFault, Fault, isFault } from '../base/index.ts';
import {
  askCloudInit,
  type CloudInitStatus,
  followRerun,
  Jobs,
  type RerunStep,
  startRerun,
} from '../guest/index.ts';
import type { Instance } from '../model/index.ts';
import type { CloudInitRerun, CloudInitStatusOptions, RerunOptions } from './cloud-init-requests.ts';
import { isWindows } from './roads.ts';
import type { Tools } from './tools.ts';
import { waitForCondition } from './waiting.ts';

const STATUS_TIMEOUT_MS = 300_000;
/** One that does not wait reads a few files; a slow guest takes seconds to load Python. */
const LOOK_TIMEOUT_MS = 60_000;
/** A package list on a slow mirror. */
const RERUN_TIMEOUT_MS = 1_800_000;

export async function cloudInitStatus(
  tools: Tools,
  ref: string,
  options: CloudInitStatusOptions,
): Promise<CloudInitStatus> {
  const instance = tools.store.instances.find(ref);
  refuseWindows(instance);
  const { wait = false, signal } = options;
  if (!wait) return await look(tools, instance, { timeoutMs: options.timeoutMs ?? LOOK_TIMEOUT_MS, signal });
  const timeoutMs = options.timeoutMs ?? STATUS_TIMEOUT_MS;
  const deadline = performance.now() + timeoutMs;
  await waitForCondition(tools, ref, { kind: 'agent' }, { ...options, timeoutMs });
  options.onProgress?.({ step: 'wait', phase: 'progress', what: 'waiting for cloud-init' });
  const agents = await tools.agents.get();
  const leftMs = Math.max(1, deadline - performance.now());
  try {
    return await agents.use(instance, (agent) =>
      askCloudInit((argv, limits) => agent.exec(argv, limits), { wait, timeoutMs: leftMs, signal }),
    );
  } catch (error) {
    if (!isFault(error, 'EXEC_TIMEOUT')) throw explained(error, instance);
    throw overdue(instance, { timeoutMs, cause: error }, await standing(tools, instance, signal));
  }
}

export async function rerunCloudInit(
  tools: Tools,
  ref: string,
  options: RerunOptions,
): Promise<CloudInitRerun> {
  const instance = tools.store.instances.find(ref);
  refuseWindows(instance);
  const { clearLogs = false, timeoutMs = RERUN_TIMEOUT_MS, onProgress, signal } = options;
  const overtime = AbortSignal.timeout(timeoutMs); // before anything begins: it throws for what is no time
  const jobs = new Jobs((await tools.agents.get()).caller(instance));
  const job = await startRerun(jobs, { clearLogs });
  const tell = (step: RerunStep, phase: 'begin' | 'end') =>
    onProgress?.({ step: `cloud-init-${step}`, phase, what: WORDS[step] });
  const stop = signal === undefined ? overtime : AbortSignal.any([signal, overtime]);
  let steps: CloudInitRerun['steps'];
  try {
    steps = await followRerun(jobs, job.id, {
      signal: stop,
      onBegin: (step) => tell(step, 'begin'),
      onEnd: ({ step }) => tell(step, 'end'),
    });
  } catch (error) {
    if (!stop.aborted) throw explained(error, instance);
    throw goesOn(instance, job.id, { isCancelled: signal?.aborted === true, timeoutMs, cause: error });
  }
  const failed = steps.filter(({ exitCode }) => exitCode !== 0);
  if (failed.length > 0) throw stagesFailed(instance, failed);
  return { job: job.id, steps };
}

const WORDS: Readonly<Record<RerunStep, string>> = {
  clean: 'cloud-init clean',
  'init-local': 'cloud-init init --local',
  init: 'cloud-init init',
  'modules-config': 'cloud-init modules --mode config',
  'modules-final': 'cloud-init modules --mode final',
};

async function look(
  tools: Tools,
  instance: Instance,
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<CloudInitStatus> {
  const agents = await tools.agents.get();
  try {
    return await agents.use(instance, (agent) =>
      askCloudInit((argv, options) => agent.exec(argv, options), { wait: false, ...limits }),
    );
  } catch (error) {
    throw explained(error, instance);
  }
}

/** Where it stands when time is up, for the message. */
async function standing(tools: Tools, instance: Instance, signal: AbortSignal | undefined): Promise<string> {
  const { said, stages } = await look(tools, instance, { timeoutMs: LOOK_TIMEOUT_MS, signal });
  const current = stages.find(({ startedAt, finishedAt }) => startedAt !== null && finishedAt === null);
  return current === undefined ? `it is ${said}` : `it is ${said}, in the stage ${current.name}`;
}

function refuseWindows(instance: Instance): void {
  if (!isWindows(instance)) return;
  throw new Fault(
    'unsupported',
    'CLOUD_INIT_MISSING',
    `${instance.name} runs Windows, where cloudbase-init does what cloud-init does elsewhere`,
    {
      hint: `Its log is C:\\Program Files\\Cloudbase Solutions\\Cloudbase-Init\\log\\cloudbase-init.log`,
    },
  );
}

function explained(error: unknown, { name }: Instance): unknown {
  if (!isFault(error, 'EXEC_NOT_FOUND')) return error;
  return new Fault('unsupported', 'CLOUD_INIT_MISSING', `There is no cloud-init in ${name}`, {
    cause: error,
    hint: 'Install it in the image, or in the guest; what it would have read is still there.',
  });
}

function overdue(
  { name }: Instance,
  { timeoutMs, cause }: { readonly timeoutMs: number; readonly cause: Fault },
  stands: string,
): Fault {
  return new Fault(
    'timeout',
    'WAIT_TIMEOUT',
    `cloud-init of ${name} did not end within ${timeoutMs / 1000} s; ${stands}`,
    {
      cause,
      hint: `See what it does: novalet cloud-init ${name} logs --only log --follow`,
      details: { timeoutMs },
    },
  );
}

function goesOn(
  { name }: Instance,
  job: string,
  { isCancelled, timeoutMs, cause }: { isCancelled: boolean; timeoutMs: number; cause: unknown },
): Fault {
  const why = isCancelled ? 'was not waited for' : `did not end within ${timeoutMs / 1000} s`;
  return new Fault(
    isCancelled ? 'cancelled' : 'timeout',
    isCancelled ? 'CANCELLED' : 'WAIT_TIMEOUT',
    `The rerun of cloud-init in ${name} ${why}; it goes on as job ${job}`,
    {
      cause: asFault(cause),
      outcome: 'unknown',
      details: { job },
      hint: `Follow it with novalet attach ${name} ${job}. Do not kill it halfway: cloud-init has forgotten its first run.`,
    },
  );
}

function stagesFailed({ name }: Instance, failed: CloudInitRerun['steps']): Fault {
  const which = failed.map(({ step, exitCode }) => `${step} (${exitCode})`).join(', ');
  const first = failed[0]?.step === 'clean' ? 'nothing else was run' : 'the other stages were run';
  return new Fault('refused', 'CLOUD_INIT_FAILED', `cloud-init failed in ${name}, stage ${which}; ${first}`, {
    outcome: 'unknown',
    details: { stages: which },
    hint: `novalet cloud-init ${name} logs; novalet cloud-init ${name} status`,
  });
}
