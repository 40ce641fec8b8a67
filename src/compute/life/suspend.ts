// Suspending to disk and back: libvirt's managed save. Its file is libvirt's, and goes with the domain.
import { delay, Fault, isFault } from '../../base/index.ts';
import type { Domain, LibvirtEvent, Subscription } from '../../libvirt/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { requireDefined } from '../devices/require-defined.ts';
import { told } from '../emit-step.ts';
import { holdInstance } from '../holding.ts';
import { wakeNetworks } from '../power.ts';
import { powerStateOf } from '../power-state.ts';
import { setState } from '../set-state.ts';
import type { Tools } from '../tools.ts';
import { setGuestClock } from './guest-clock.ts';
import { inStage } from './in-stage.ts';

const LEAST_MS = 60_000;
/** 20 MiB a second, which is a slow disk. */
const PER_MIB_MS = 50;
/** How long libvirt may take to give up saving, and the guest to go on. */
const ABORT_MS = 20_000;
const WATCH_MS = 1000;
const SAVING = 'saving the memory';
/** After a restore libvirt has to find the agent again. */
const AGENT_MS = 3000;

export async function suspendInstance(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  const { signal } = options;
  using held = await holdInstance(tools, ref, 'suspend', { state: 'suspending', ...options });
  const { instance } = held;
  if (instance.shares.length > 0) throw hasShares(instance);
  const domain = await tools.libvirt.domain(instance);
  await requireDefined(instance, domain);
  const stage = {
    stage: `the memory of ${instance.name} to be saved`,
    timeoutMs: saveTimeoutMs(instance),
    signal,
    hint: 'The guest goes on. Its memory is written to /var/lib/libvirt/qemu/save; see how busy that disk is.',
  };
  try {
    await inStage(tools, instance, stage, () => save(domain, options));
  } catch (error) {
    const isGivenUp = isFault(error, 'STAGE_TIMEOUT') || (isFault(error) && error.kind === 'cancelled');
    if (!isGivenUp || !(await endSaving(tools, instance))) throw error;
  }
  setState(tools, instance, 'suspended');
}

export async function resumeInstance(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  const { signal } = options;
  using held = await holdInstance(tools, ref, 'resume', { state: 'resuming', ...options });
  const { instance } = held;
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined || !(await domain.hasManagedSave())) {
    setState(tools, instance, 'stopped');
    throw savedMemoryGone(instance);
  }
  const { requireRootDisk } = await import('../make-files.ts');
  await requireRootDisk(tools, instance);
  await wakeNetworks(tools, instance, signal);
  const stage = {
    stage: `the memory of ${instance.name} to be read back`,
    timeoutMs: saveTimeoutMs(instance),
    signal,
    hint: `If it cannot be read: novalet reboot --hard ${instance.name} drops it, and boots the guest anew.`,
  };
  const start = () => told(options, 'memory', 'reading the memory back', () => domain.start());
  await inStage(tools, instance, stage, start);
  setState(tools, instance, 'active');
  await setGuestClock(tools, instance, { waitMs: AGENT_MS, ...options });
}

/** Tells how far it is while it lasts. */
async function save(domain: Domain, options: ActOptions): Promise<void> {
  const over = new AbortController();
  const watching = options.onProgress === undefined ? undefined : watch(domain, options, over.signal);
  try {
    await told(options, 'memory', SAVING, () => domain.managedSave());
  } finally {
    over.abort();
    await watching;
  }
}

async function watch(domain: Domain, { onProgress }: ActOptions, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await delay(WATCH_MS, signal);
      const { memory_processed: done, memory_total: total } = (await domain.jobs.stats()).params;
      if (total === undefined || done === undefined) continue;
      const amounts = { done: Number(done), total: Number(total), unit: 'bytes' } as const;
      onProgress?.({ step: 'memory', phase: 'progress', what: SAVING, ...amounts });
    }
  } catch (error) {
    if (!isFault(error)) throw error; // it is over, or libvirt does not tell: the save itself says what there is to say
  }
}

/** After a process died while it suspended: what libvirt had begun is taken back, and what it had ended stays. */
export async function repairSuspending(tools: Tools, instance: Instance): Promise<void> {
  const isSaved = await endSaving(tools, instance);
  const vmState = isSaved ? 'suspended' : 'active'; // which of the states of a domain it is, recovery then sees
  tools.store.instances.change(instance.id, (current) => ({ ...current, vmState }));
}

/**
 * Has libvirt give up saving, and waits until the guest goes on or, where that came too late, is off. Whether its memory is
 * saved.
 */
async function endSaving(tools: Tools, instance: Instance): Promise<boolean> {
  const stage = {
    stage: `libvirt to give up saving the memory of ${instance.name}`,
    timeoutMs: ABORT_MS,
    hint: 'libvirt goes on with it. See what becomes of it: virsh domjobinfo DOMAIN',
  };
  return await inStage(tools, instance, stage, async () => {
    const connection = await tools.libvirt.control();
    await using events = await connection.subscribe();
    const domain = await tools.libvirt.findDomain(instance);
    if (domain === undefined) return false;
    if (await isSaving(domain)) {
      await abort(domain);
      await untilEnded(events, domain);
    }
    const power = await powerStateOf(domain);
    return (power === 'SHUTDOWN' || power === 'CRASHED') && (await domain.hasManagedSave());
  });
}

async function isSaving(domain: Domain): Promise<boolean> {
  try {
    const { type, operation } = await domain.jobs.stats();
    return type !== 'none' && operation === 'save';
  } catch (error) {
    if (isFault(error, 'LIBVIRT_STATE_CONFLICT')) return false; // it is off
    throw error;
  }
}

async function abort(domain: Domain): Promise<void> {
  try {
    await domain.jobs.abort();
  } catch (error) {
    if (!isFault(error, 'LIBVIRT_STATE_CONFLICT')) throw error; // it has just ended
  }
}

async function untilEnded(events: Subscription, domain: Domain): Promise<void> {
  const isEnd = (event: LibvirtEvent) =>
    event.kind === 'lifecycle' &&
    event.uuid === domain.uuid &&
    ['resumed', 'stopped', 'undefined'].includes(event.event);
  if (!(await isSaving(domain))) return;
  for await (const event of events) if (isEnd(event)) return;
}

function saveTimeoutMs({ flavor }: Instance): number {
  return LEAST_MS + PER_MIB_MS * flavor.memoryMiB;
}

function savedMemoryGone({ name }: Instance): Fault {
  return new Fault(
    'conflict',
    'SAVED_MEMORY_GONE',
    `The saved memory of instance ${name} is gone: somebody removed it, or started its domain and stopped it`,
    { hint: `It is stopped now; its disks are as after a power cut. Boot it: novalet start ${name}` },
  );
}

/** virtiofsd's state is no part of what QEMU saves; libvirt would refuse it too, in words about a migration. */
function hasShares({ name, shares }: Instance): Fault {
  const tags = shares.map(({ tag }) => tag).join(', ');
  return new Fault(
    'unsupported',
    'SUSPEND_HAS_SHARES',
    `Instance ${name} cannot be suspended: it has shared folders (${tags}), whose state QEMU cannot save`,
    {
      hint: `Pause it instead (novalet pause ${name}), or stop it and take them off: novalet share remove ${name} ${shares[0]?.tag ?? 'TAG'}`,
    },
  );
}
