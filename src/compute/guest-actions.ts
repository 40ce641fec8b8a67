// Reaching into a guest: run a command, set a password. Both by the agent, both only while the guest runs.
import { Fault, throwIfCancelled } from '../base/index.ts';
import type { Instance, VmState } from '../model/index.ts';
import type { ActOptions, ExecRequest, ExecResult, PasswordRequest } from './compute.ts';
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

/** Rules: nova, compute/manager.py set_admin_password and virt/libvirt/driver.py set_admin_password. */
export async function setGuestPassword(
  tools: Tools,
  ref: string,
  request: PasswordRequest,
  options: ActOptions,
): Promise<void> {
  const instance = tools.store.instances.find(ref);
  requireState(instance, 'set-password', await stateOf(tools, instance));
  const user = request.user ?? adminUserOf(instance);
  const isWindows = instance.image.properties['os_type'] === 'windows';
  if (request.hashed === true && isWindows) {
    throw new Fault(
      'unsupported',
      'PASSWORD_HASH_UNSUPPORTED',
      'Windows does not take a password as a hash',
      {
        hint: 'Give the password itself: novalet passwd NAME --stdin',
      },
    );
  }
  throwIfCancelled(options.signal, `the password of ${user}`);
  const crypted = request.hashed ?? false;
  const agents = await tools.agents.get();
  await agents.use(instance, (agent) => agent.setPassword(user, request.password, { crypted }));
}

/** Whose password is meant when nobody says. */
export function adminUserOf(instance: Instance): string {
  const { os_admin_user: named, os_type: type } = instance.image.properties;
  return named ?? (type === 'windows' ? 'Administrator' : 'root');
}

async function stateOf(tools: Tools, instance: Instance): Promise<VmState> {
  return observedState(instance, await powerStateOf(await tools.libvirt.findDomain(instance)));
}
