// Passwords and keys of an instance's users: by its agent while it runs, on its disk while it is off.
// Rules: nova, compute/manager.py set_admin_password and virt/libvirt/driver.py set_admin_password.
import { randomBytes } from 'node:crypto';
import { Fault, Secret, throwIfCancelled } from '../base/index.ts';
import { type Agent, AuthorizedKeys, describeKey, givePassword } from '../guest/index.ts';
import { saltFrom, sha512Crypt } from '../metadata/index.ts';
import { checkPlainPassword, type Instance, parsePublicKey } from '../model/index.ts';
import { type AccountChange, type AccountChanged, changeOffline } from '../storage/index.ts';
import type {
  CredentialOptions,
  CredentialRoad,
  CredentialsChanged,
  Keys,
  KeysChanged,
  KeysRequest,
  PasswordRequest,
} from './credential-requests.ts';
import { adminUserOf } from './guest-actions.ts';
import { holdInstance } from './holding.ts';
import { diskPath, instancePaths } from './paths.ts';
import { powerStateOf } from './power-state.ts';
import { observedState } from './reconcile.ts';
import { requireState } from './state-conflict.ts';
import type { Tools } from './tools.ts';

export async function setPassword(
  tools: Tools,
  ref: string,
  request: PasswordRequest,
  options: CredentialOptions,
): Promise<CredentialsChanged> {
  const instance = tools.store.instances.find(ref);
  const via = await chooseRoad(tools, instance, request.road);
  const user = request.user ?? adminUserOf(instance);
  const { password, hashed: crypted = false, expire = false } = request;
  throwIfCancelled(options.signal, `the password of ${user}`);
  if (via === 'agent') {
    const isWindows = instance.image.properties['os_type'] === 'windows';
    await useAgent(tools, instance, (agent) =>
      givePassword(agent, user, password, { crypted, expire, isWindows }),
    );
  } else {
    if (!crypted) checkPlainPassword(password);
    const hash = crypted ? password : new Secret(sha512Crypt(password, saltFrom(randomBytes(16))));
    await changeDisk(tools, instance, { user, hash, expire }, options);
  }
  return { user, via };
}

export class InstanceKeys implements Keys {
  readonly #tools: Tools;
  readonly #ref: string;

  constructor(tools: Tools, ref: string) {
    this.#tools = tools;
    this.#ref = ref;
  }

  async list(user?: string, options: CredentialOptions = {}): Promise<KeysChanged> {
    return await this.#byAgent(user, (keys, name) => keys.list(name, { signal: options.signal }));
  }

  async add(
    keys: readonly string[],
    request: KeysRequest = {},
    options: CredentialOptions = {},
  ): Promise<KeysChanged> {
    const instance = this.#find();
    const lines = keys.map((key) => parsePublicKey('given', key).publicKey);
    if ((await chooseRoad(this.#tools, instance, request.road)) === 'agent') {
      return await this.#byAgent(request.user, (file, name) =>
        file.add(name, lines, { signal: options.signal }),
      );
    }
    const user = request.user ?? adminUserOf(instance);
    const { keysAdded } = await changeDisk(this.#tools, instance, { user, keys: lines }, options);
    return { user, via: 'offline', keys: keysAdded.flatMap((line) => describeKey(line) ?? []) };
  }

  async remove(
    which: readonly string[],
    user?: string,
    options: CredentialOptions = {},
  ): Promise<KeysChanged> {
    return await this.#byAgent(user, (keys, name) => keys.remove(name, which, { signal: options.signal }));
  }

  async #byAgent(
    named: string | undefined,
    work: (keys: AuthorizedKeys, user: string) => Promise<KeysChanged['keys']>,
  ): Promise<KeysChanged> {
    const instance = this.#find();
    await chooseRoad(this.#tools, instance, 'agent');
    const user = named ?? adminUserOf(instance);
    const keys = await useAgent(this.#tools, instance, (agent) => work(new AuthorizedKeys(agent), user));
    return { user, via: 'agent', keys };
  }

  #find(): Instance {
    return this.#tools.store.instances.find(this.#ref);
  }
}

/** Throws `INSTANCE_STATE_CONFLICT` where the road that was asked for is not there. */
async function chooseRoad(
  tools: Tools,
  instance: Instance,
  road: CredentialRoad = 'agent',
): Promise<CredentialsChanged['via']> {
  const state = observedState(instance, await powerStateOf(await tools.libvirt.findDomain(instance)));
  const via = road !== 'auto' ? road : state === 'stopped' ? 'offline' : 'agent';
  requireState(instance, via === 'agent' ? 'set-password' : 'change-disk', state);
  return via;
}

async function useAgent<T>(tools: Tools, instance: Instance, work: (agent: Agent) => Promise<T>): Promise<T> {
  const agents = await tools.agents.get();
  return await agents.use(instance, work);
}

/** Holds the instance, so that nobody starts or deletes it, and changes its root disk or leaves it as it is. */
async function changeDisk(
  tools: Tools,
  instance: Instance,
  change: AccountChange,
  options: CredentialOptions,
): Promise<AccountChanged> {
  using held = await holdInstance(tools, instance.id, 'change-disk', { state: null, ...options });
  const { disks, hardware, id, name, adoption } = held.instance;
  if (adoption !== null) throw notOurDisk(name);
  const root = disks.find(({ role }) => role === 'root');
  if (root === undefined) {
    throw new Fault('unsupported', 'OFFLINE_NO_DISK', `Instance ${name} has no root disk`, {
      hint: 'There is nothing to change offline; start it and use its agent.',
    });
  }
  const path = diskPath(instancePaths(tools.paths.instances, id), root);
  const accelerator = hardware.virtType === 'kvm' ? 'auto' : 'tcg';
  const { signal, onProgress } = options;
  const disk = { path, format: root.format };
  const write = async () => await changeOffline(disk, change, { accelerator, signal, onProgress });
  return await tools.slots.run('snapshots', write, options); // it goes by a copy of the disk
}

function notOurDisk(name: string): Fault {
  return new Fault(
    'unsupported',
    'OFFLINE_NOT_OURS',
    `Instance ${name} was adopted: novalet writes to no disk that it did not make`,
    { hint: `Start it and use its agent: novalet start ${name}` },
  );
}
