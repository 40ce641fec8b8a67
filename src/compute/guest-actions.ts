// Running a command in a guest, while it runs.
import type { Action, Instance, VmState } from '../model/index.ts';
import type { ActOptions, ExecRequest, ExecResult } from './compute.ts';
import { powerStateOf } from './power-state.ts';
import { observedState } from './reconcile.ts';
import { isWindows, openRoad } from './roads.ts';
import { requireState } from './state-conflict.ts';
import type { Tools } from './tools.ts';

export async function execInGuest(
  tools: Tools,
  instance: Instance,
  request: ExecRequest,
  options: ActOptions,
): Promise<ExecResult> {
  await requireRunning(tools, instance, 'exec');
  const { argv, maxOutputBytes, via, ...rest } = request;
  if (via !== 'agent' && !isWindows(instance)) {
    const road = await openRoad(tools, instance, { via, signal: options.signal });
    const { execOverRoad } = await import('./road-exec.ts');
    if (road.via === 'lane') return await execOverRoad(road, request, options.signal);
  }
  // A limit needs a shell of the guest's, which Windows has not got.
  const captureLimit = isWindows(instance) ? undefined : maxOutputBytes;
  const execOptions = { ...rest, signal: options.signal, captureLimit };
  const agents = await tools.agents.get();
  const result = await agents.use(instance, (agent) => agent.exec(argv, execOptions));
  return { ...result, via: 'agent' };
}

/** Throws `INSTANCE_STATE_CONFLICT`. libvirt is asked only where the record does not say "active". */
export async function requireRunning(tools: Tools, instance: Instance, action: Action): Promise<void> {
  if (instance.vmState !== 'active') requireState(instance, action, await stateOf(tools, instance));
}

/** Whose password is meant when nobody says. */
export function adminUserOf(instance: Instance): string {
  const { os_admin_user: named, os_type: type } = instance.image.properties;
  return named ?? (type === 'windows' ? 'Administrator' : 'root');
}

async function stateOf(tools: Tools, instance: Instance): Promise<VmState> {
  return observedState(instance, await powerStateOf(await tools.libvirt.findDomain(instance)));
}
