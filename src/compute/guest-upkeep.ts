// Acts that keep a guest in order: clock, trim, freeze and thaw, processors. Each by the agent of a running guest.
import { throwIfCancelled } from '../base/index.ts';
import {
  type Agent,
  type Frozen,
  freeze,
  type Onlined,
  onlineVcpus,
  syncTime,
  type TimeSync,
  type TrimmedFilesystem,
  thaw,
  trimFilesystems,
} from '../guest/index.ts';
import { instancePaused } from './agents.ts';
import type { ActOptions, FreezeRequest } from './compute.ts';
import { powerStateOf } from './power-state.ts';
import type { Tools } from './tools.ts';

export async function syncGuestTime(tools: Tools, ref: string, options: ActOptions): Promise<TimeSync> {
  return await withAgent(tools, ref, options, (agent) => syncTime(agent, { signal: options.signal }));
}

export async function trimGuest(
  tools: Tools,
  ref: string,
  options: ActOptions,
): Promise<readonly TrimmedFilesystem[]> {
  return await withAgent(tools, ref, options, (agent) => trimFilesystems(agent, { signal: options.signal }));
}

/** Not in a paused guest: nothing there could thaw again. */
export async function freezeGuest(
  tools: Tools,
  ref: string,
  request: FreezeRequest,
  options: ActOptions,
): Promise<Frozen> {
  return await withAgent(tools, ref, options, (agent) =>
    freeze(agent, { ...request, signal: options.signal }),
  );
}

export async function thawGuest(tools: Tools, ref: string, options: ActOptions): Promise<Frozen> {
  return await withAgent(tools, ref, options, (agent) => thaw(agent, { signal: options.signal }));
}

export async function onlineGuestVcpus(tools: Tools, ref: string, options: ActOptions): Promise<Onlined> {
  return await withAgent(tools, ref, options, (agent) => onlineVcpus(agent, { signal: options.signal }));
}

async function withAgent<T>(
  tools: Tools,
  ref: string,
  options: ActOptions,
  work: (agent: Agent) => Promise<T>,
): Promise<T> {
  const instance = tools.store.instances.find(ref);
  throwIfCancelled(options.signal, `the agent of ${instance.name}`);
  const power = await powerStateOf(await tools.libvirt.findDomain(instance));
  if (power === 'PAUSED' || power === 'SUSPENDED') throw instancePaused(instance);
  const agents = await tools.agents.get();
  return await agents.use(instance, work);
}
