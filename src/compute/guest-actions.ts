// Running a command in a guest, while it runs.
import type { Instance, VmState } from '../model/index.ts';
import type { ActOptions, ExecRequest, ExecResult } from './compute.ts';
import { requireState } from './holding.ts';
import { powerStateOf } from './power-state.ts';
import { observedState } from './reconcile.ts';
import type { Tools } from './tools.ts';

export async function execInGuest(
  tools: Tools,
  ref: string,
  request: ExecRequest,
  options: ActOptions,
): Promise<ExecResult> {
  const instance = tools.store.instances.find(ref);
  if (instance.vmState !== 'active') requireState(instance, 'exec', await stateOf(tools, instance));
  const { argv, maxOutputBytes, ...rest } = request;
  // A limit needs a shell of the guest's, which Windows has not got.
  const captureLimit = instance.image.properties['os_type'] === 'windows' ? undefined : maxOutputBytes;
  const execOptions = { ...rest, signal: options.signal, captureLimit };
  const agents = await tools.agents.get();
  return await agents.use(instance, (agent) => agent.exec(argv, execOptions));
}

/** Whose password is meant when nobody says. */
export function adminUserOf(instance: Instance): string {
  const { os_admin_user: named, os_type: type } = instance.image.properties;
  return named ?? (type === 'windows' ? 'Administrator' : 'root');
}

async function stateOf(tools: Tools, instance: Instance): Promise<VmState> {
  return observedState(instance, await powerStateOf(await tools.libvirt.findDomain(instance)));
}
