// Waiting for what an instance becomes. Each wait has a deadline and says where it stood when time ran out.
import { delay, Fault, isFault, within } from '../base/index.ts';
import type { WaitStage } from '../guest/index.ts';
import type { Instance } from '../model/index.ts';
import { guestAddresses, hasUsableAddress } from './addresses.ts';
import type { WaitCondition, WaitOptions } from './compute.ts';
import { counted } from './emit-step.ts';
import { diagnosed } from './life/diagnosis.ts';
import { powerStateOf } from './power-state.ts';
import { requireOn } from './state-conflict.ts';
import type { Tools } from './tools.ts';
import { showView } from './views.ts';

const DEFAULT_TIMEOUT_MS = 300_000;
/** Neither libvirt nor the agent tells when an address appears: it is looked for, at growing intervals. */
const FIRST_LOOK_MS = 100;
const SLOWEST_LOOK_MS = 2000;

/** Throws `WAIT_TIMEOUT`, `AGENT_NOT_READY`, `INSTANCE_STATE_CONFLICT`, `CLOUD_INIT_FAILED`, `CLOUD_INIT_MISSING`, `INSTANCE_FAILED` and `INSTANCE_NOT_FOUND`. */
export async function waitForCondition(
  tools: Tools,
  ref: string,
  condition: WaitCondition,
  options: WaitOptions,
): Promise<void> {
  const instance = tools.store.instances.find(ref);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const job = {
    tools,
    instance,
    options: { ...options, timeoutMs },
    deadline: performance.now() + timeoutMs,
  };
  const step = { step: 'wait', what: `waiting for ${wordsOf(condition)}`, timeoutMs };
  try {
    await counted(options, step, (say) =>
      tools.libvirt.whilePresent(instance, () => until({ ...job, say }, condition)),
    );
  } catch (error) {
    if (!isFault(error) || error.kind !== 'timeout') throw error;
    throw await diagnosed(tools, instance, error);
  }
}

async function until(job: Job, condition: WaitCondition): Promise<void> {
  switch (condition.kind) {
    case 'agent':
      return await untilAgent(job);
    case 'ip':
      return await untilAddress(job);
    case 'cloud-init':
      return await untilCloudInit(job);
    case 'status':
      return await untilStatus(job, condition.status.toUpperCase());
    default:
      return condition satisfies never;
  }
}

interface Job {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly options: WaitOptions & { readonly timeoutMs: number };
  /** By performance.now(). */
  readonly deadline: number;
  /** Tells where things stand. */
  readonly say: (what: string) => void;
}

function wordsOf(condition: WaitCondition): string {
  switch (condition.kind) {
    case 'agent':
      return 'the agent';
    case 'ip':
      return 'an address';
    case 'cloud-init':
      return 'cloud-init to end';
    case 'status':
      return condition.status.toUpperCase();
    default:
      return condition satisfies never;
  }
}

function leftMs(job: Job): number {
  return Math.max(1, job.deadline - performance.now());
}

const STAGES: Readonly<Record<WaitStage, string>> = {
  subscribing: 'asking libvirt for the agent',
  'reading the channel': 'asking libvirt for the agent',
  'waiting for the agent to connect': 'waiting for the guest to boot and start its agent',
  synchronising: 'asking the agent',
};

async function untilAgent(job: Job): Promise<void> {
  const { options, instance } = job;
  const agents = await job.tools.agents.get();
  try {
    await agents.waitFor(instance, {
      timeoutMs: leftMs(job),
      signal: options.signal,
      onStage: (stage) => job.say(STAGES[stage]),
    });
  } catch (error) {
    if (isFault(error, 'LIBVIRT_STATE_CONFLICT', 'INSTANCE_HAS_NO_DOMAIN')) await explainAbsence(job);
    throw error;
  }
}

/** Of a guest that is off no agent comes; the instance's state says more of that, and of its cure, than libvirt does. */
async function explainAbsence({ tools, instance: { id } }: Job): Promise<void> {
  const instance = tools.store.instances.get(id);
  if (instance === undefined || instance.taskState !== null) return; // deleted meanwhile, or about to be
  requireOn(instance, 'exec', await powerStateOf(await tools.libvirt.findDomain(instance)));
}

async function untilAddress(job: Job): Promise<void> {
  const { tools, instance, options } = job;
  await looking(job, `an address of ${instance.name}`, async () => {
    const addresses = await guestAddresses(tools, instance, options);
    if (hasUsableAddress(addresses)) return undefined;
    return addresses.source === 'agent'
      ? 'the agent answers, and no interface has an address'
      : 'no agent, and no DHCP lease';
  });
}

async function untilStatus(job: Job, wanted: string): Promise<void> {
  const { tools, instance } = job;
  await looking(job, `${instance.name} to be ${wanted}`, async () => {
    const { status, instance: now } = await showView(tools, instance.id);
    if (status === wanted) return undefined;
    if (status === 'ERROR') throw failed(now);
    return `it is ${status}`;
  });
}

/** Looks until `look` gives undefined; what it gives otherwise is where things stand. */
async function looking(job: Job, what: string, look: () => Promise<string | undefined>): Promise<void> {
  const { options } = job;
  let standing = '';
  const loop = async (signal: AbortSignal) => {
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 1.5, SLOWEST_LOOK_MS)) {
      const now = await look();
      if (now === undefined) return;
      if (now !== standing) job.say(now);
      standing = now;
      await delay(pauseMs, signal);
    }
  };
  try {
    await within(leftMs(job), what, loop, { signal: options.signal, code: 'WAIT_TIMEOUT' });
  } catch (error) {
    if (!isFault(error, 'WAIT_TIMEOUT')) throw error;
    throw new Fault(
      'timeout',
      'WAIT_TIMEOUT',
      standing === '' ? error.message : `${error.message}; ${standing}`,
      {
        cause: error,
        hint: `See what the guest says: novalet console ${job.instance.name} --log`,
        details: { stage: what, timeoutMs: options.timeoutMs },
      },
    );
  }
}

/** cloud-init's own word. With warnings it is done, and where it is disabled there is nothing to wait for. */
async function untilCloudInit(job: Job): Promise<void> {
  const { tools, instance, options } = job;
  const { cloudInitStatus } = await import('./cloud-init.ts');
  const asked = { ...options, wait: true }; // nothing has been waited for yet; a message names the time that was given
  const { state, errors, detail } = await cloudInitStatus(tools, instance.id, asked);
  if (state !== 'error') return;
  const said = (errors.length === 0 ? detail : errors.join('; '))
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
  throw new Fault('refused', 'CLOUD_INIT_FAILED', `cloud-init failed in ${instance.name}: ${said}`, {
    hint: `novalet cloud-init ${instance.name} status; novalet cloud-init ${instance.name} logs`,
  });
}

function failed(instance: Instance): Fault {
  return new Fault(
    'conflict',
    'INSTANCE_FAILED',
    `Instance ${instance.name} is in error: ${instance.fault?.message ?? 'no reason is recorded'}`,
    {
      hint: `novalet delete ${instance.name} removes it.`,
    },
  );
}
