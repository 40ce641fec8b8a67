// More or less vCPUs and memory. The record is written first, and libvirt brought to it: so a process that dies in the middle
// leaves what the next command can finish.
import { asFault, delay, Fault, isFault, within } from '../../base/index.ts';
import { onlineVcpus } from '../../guest/index.ts';
import type { Domain } from '../../libvirt/index.ts';
import type { Instance } from '../../model/index.ts';
import { requireRoom } from '../claims/claim.ts';
import { readInventories } from '../claims/read-inventories.ts';
import type { ActOptions } from '../compute.ts';
import { holdInstance } from '../holding.ts';
import { inStage } from '../life/in-stage.ts';
import { defineAnew, inStep, isOn } from '../resize/steps.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { unlessGone } from '../unless-gone.ts';
import { planChange } from './plan-change.ts';
import type { SizeChange, SizeChanged } from './requests.ts';

/** How long a guest may take to follow, before it is said that it has not. */
const FOLLOW_MS = 30_000;
const GIVE_BACK_MS = 60_000;
const LOOK_MS = 200;

export async function changeSize(
  tools: Tools,
  ref: string,
  change: SizeChange,
  options: ActOptions,
): Promise<SizeChanged> {
  using held = await holdInstance(tools, ref, 'change-size', {
    state: 'changing-size',
    ...options,
  });
  const before = held.instance;
  requireOwn(before, 'change-size');
  const planned = await inStep(options, 'choose-size', () => decide(tools, before, change));
  try {
    await inStep(options, 'change-domain', () => bringTo(tools, planned));
  } catch (error) {
    await putBack(tools, before);
    throw error;
  }
  const { vcpus, memoryMiB } = planned.flavor;
  const guest = planned.vmState === 'active' ? await followed(tools, planned, options) : null;
  return { vcpus, memoryMiB, guest };
}

/** In one transaction with what others hold. */
async function decide(tools: Tools, { id, image, vmState }: Instance, change: SizeChange): Promise<Instance> {
  const facts = await tools.host.facts();
  const inventories = await readInventories(tools);
  const { store, settings, paths } = tools;
  return store.transaction(() => {
    const planned = planChange(store.instances.find(id), change, {
      settings,
      instances: paths.instances,
      host: facts.domain,
      isRunning: vmState === 'active',
      hostMemoryMiB: facts.memoryMiB,
      image: store.images.get(image.id) ?? null,
    });
    requireRoom(inventories, store.instances.list(), planned);
    store.instances.update(planned);
    return planned;
  });
}

/** Brings the domain to the record: what runs, and what is defined. May run again. */
export async function bringTo(tools: Tools, instance: Instance): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined && (await isOn(tools, instance))) await bringLive(tools, domain, instance);
  await defineAnew(tools, instance);
}

async function bringLive(tools: Tools, domain: Domain, instance: Instance): Promise<void> {
  const { vcpus, memoryMiB } = instance.flavor;
  const now = await domain.vcpus({ live: true });
  if (vcpus > now) await domain.setVcpus(vcpus, { live: true });
  if (vcpus < now) await takeVcpus(tools, domain, instance);
  await domain.setMemory(memoryMiB * 1024, { live: true });
}

/** libvirt asks the guest for one after the other, and waits five seconds for each; a guest may need longer, and then goes on. */
async function takeVcpus(tools: Tools, domain: Domain, instance: Instance): Promise<void> {
  const { name, flavor } = instance;
  const stage = { stage: `the guest of ${name} to give vCPUs back`, timeoutMs: GIVE_BACK_MS };
  try {
    await inStage(tools, instance, stage, async (signal) => {
      while ((await domain.vcpus({ live: true })) > flavor.vcpus) {
        await unlessGone(() => domain.setVcpus(flavor.vcpus, { live: true }), 'LIBVIRT_TIMEOUT');
        await delay(LOOK_MS, signal);
      }
    });
  } catch (error) {
    throw notGivenBack(name, error);
  }
}

/** One that was there at the start can never go. */
function notGivenBack(name: string, cause: unknown): unknown {
  if (!isFault(cause) || cause.kind === 'cancelled') return cause;
  return new Fault(
    'refused',
    'VCPUS_NOT_GIVEN_BACK',
    `The guest of ${name} keeps vCPUs that it was to give back`,
    {
      cause,
      hint: `Only what was added since its start can go while it runs. Stop it first: novalet stop ${name}`,
    },
  );
}

async function putBack(tools: Tools, before: Instance): Promise<void> {
  const { flavor, hardware } = before;
  const old = tools.store.instances.change(before.id, (current) => ({ ...current, flavor, hardware }));
  try {
    await bringTo(tools, old);
  } catch (error) {
    tools.log.warn(
      { err: asFault(error), instance: before.id },
      'a change of size was not taken back whole; it is with the next start',
    );
  }
}

/** What the guest made of it. That it does not follow is no failure of the change: it may when it comes to it. */
async function followed(
  tools: Tools,
  instance: Instance,
  { signal }: ActOptions,
): Promise<SizeChanged['guest']> {
  const memory = await followedMemory(tools, instance, signal);
  const processors = await followedVcpus(tools, instance, signal);
  return { memoryMiB: memory.memoryMiB, onlineVcpus: processors.online, why: processors.why ?? memory.why };
}

async function followedMemory(
  tools: Tools,
  instance: Instance,
  signal: AbortSignal | undefined,
): Promise<{ readonly memoryMiB: number; readonly why: string | null }> {
  const domain = await tools.libvirt.domain(instance);
  const wanted = instance.flavor.memoryMiB;
  const until = performance.now() + FOLLOW_MS;
  for (;;) {
    const { memoryKiB } = await domain.info();
    const memoryMiB = Math.round(memoryKiB / 1024);
    if (memoryMiB === wanted) return { memoryMiB, why: null };
    if (performance.now() > until) return { memoryMiB, why: 'its balloon has not moved all the way' };
    await delay(LOOK_MS, signal);
  }
}

/** Linux brings new processors online by itself where udev tells it to; else its agent does. */
async function followedVcpus(
  tools: Tools,
  instance: Instance,
  signal: AbortSignal | undefined,
): Promise<{ readonly online: number | null; readonly why: string | null }> {
  const agents = await tools.agents.get();
  if ((await agents.channelState(instance)) !== 'connected')
    return { online: null, why: 'its agent is not connected' };
  const wanted = instance.flavor.vcpus;
  const what = `the guest of ${instance.name} to use ${wanted} vCPUs`;
  let online: number | null = null;
  try {
    await within(
      FOLLOW_MS,
      what,
      (limit) =>
        tools.reaches.made(instance, { privilege: 'manage', what: 'onlineVcpus' }, () =>
          agents.use(instance, async (agent) => {
            for (;;) {
              ({ online } = await onlineVcpus(agent, { signal: limit }));
              if (online === wanted) return;
              await delay(LOOK_MS, limit); // it has not seen them come or go yet
            }
          }),
        ),
      { signal },
    );
    return { online, why: null };
  } catch (error) {
    if (!isFault(error) || error.kind === 'cancelled') throw error;
    return { online, why: error.message };
  }
}
