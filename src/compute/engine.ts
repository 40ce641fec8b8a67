// The engine: every action a door may take, each a line that leads to where it is done. What only one action needs is
// loaded by that action: `list` must not wait for what launches, builds disks and talks to guests.
import { mkdir } from 'node:fs/promises';
import { errnoCode, Fault } from '../base/index.ts';
import type { Instance } from '../model/index.ts';
import { openStore } from '../store/index.ts';
import { HostManifests } from './apply/host-manifests.ts';
import { InstanceBackups } from './backups/instance-backups.ts';
import type {
  ActOptions,
  AdoptRequest,
  Backups,
  Capacity,
  Cloned,
  CloneRequest,
  Compute,
  ConsoleLog,
  Consoles,
  CreatedImage,
  CreateImageRequest,
  CredentialsChanged,
  Deleted,
  Diagnostics,
  ExecRequest,
  ExecResult,
  Exported,
  ExportRequest,
  Finding,
  Forwarding,
  ForwardRequest,
  ForwardWatch,
  GuestAccess,
  GuestAddresses,
  GuestDocuments,
  GuestOptions,
  Guests,
  ImportRequest,
  InstanceView,
  Interfaces,
  Keys,
  LaunchRequest,
  LockOptions,
  Manifests,
  Networks,
  PasswordRequest,
  Ports,
  Rebooted,
  RebootOptions,
  RebuildRequest,
  RecordChange,
  RescueRequest,
  ResizeOptions,
  ResizeRequest,
  ShelveOptions,
  SizeChange,
  SizeChanged,
  Snapshots,
  StopOptions,
  Templates,
  UsageSample,
  WaitCondition,
  WaitOptions,
} from './compute.ts';
import { ConsoleLogFile, consoleNotLogged } from './console-log.ts';
import { InstanceConsoles } from './consoles/instance-consoles.ts';
import { InstanceDisks } from './disks/instance-disks.ts';
import { FlavorCatalogue } from './flavor-catalogue.ts';
import { guarded, userOr } from './guarded.ts';
import { adminUserOf, execInGuest } from './guest-actions.ts';
import { GUEST_PRIVILEGES, KEY_PRIVILEGES } from './guest-privileges.ts';
import { GuestCare } from './guests.ts';
import { ImageStore } from './image-store.ts';
import { InstanceDocuments } from './instance-documents.ts';
import { InstanceInterfaces } from './interfaces/instance-interfaces.ts';
import { closeTools, type EngineOptions, makeTools } from './make-tools.ts';
import { HostNetworks } from './networks/host-networks.ts';
import { consoleLogPath, type StatePaths, statePaths } from './paths.ts';
import type { BuildPlan } from './plan.ts';
import { NamedPorts } from './ports/named-ports.ts';
import { recover } from './recover.ts';
import type { Settings } from './settings.ts';
import { InstanceShares } from './shares/instance-shares.ts';
import type { Shares } from './shares/requests.ts';
import { SnapshotActions } from './snapshots/actions.ts';
import { HostTemplates } from './templates/host-templates.ts';
import type { Tools } from './tools.ts';
import { listViews, showView } from './views.ts';

export class Engine implements Compute {
  readonly flavors: FlavorCatalogue;
  readonly images: ImageStore;
  readonly guests: Guests;
  readonly disks: InstanceDisks;
  readonly backups: Backups;
  readonly interfaces: Interfaces;
  readonly networks: Networks;
  readonly ports: Ports;
  readonly templates: Templates;
  readonly shares: Shares;
  readonly consoles: Consoles;
  readonly manifests: Manifests;
  readonly documents: GuestDocuments;
  readonly snapshots: Snapshots;
  readonly #tools: Tools;

  private constructor(tools: Tools) {
    this.#tools = tools;
    this.flavors = new FlavorCatalogue(tools.store);
    this.images = new ImageStore(tools);
    this.backups = new InstanceBackups(tools);
    this.interfaces = new InstanceInterfaces(tools);
    this.networks = new HostNetworks(tools);
    this.ports = new NamedPorts(tools);
    this.templates = new HostTemplates(tools);
    this.shares = new InstanceShares(tools);
    this.consoles = new InstanceConsoles(tools);
    this.documents = new InstanceDocuments(tools);
    this.snapshots = new SnapshotActions(tools);
    this.disks = new InstanceDisks(tools);
    this.manifests = new HostManifests(tools, this);
    this.guests = guarded<Guests>(new GuestCare(tools), {
      reaches: tools.reaches,
      instance: ([ref]) => tools.store.instances.find(String(ref)),
      privileges: GUEST_PRIVILEGES,
      via: () => 'agent',
      // the agent's own commands know no other user, nor does cloud-init
      user: (_args, method) => (method === 'call' || method === 'rerunCloudInit' ? 'root' : undefined),
    });
  }

  /** Makes the state directory where it is missing, opens the store, and repairs what dead processes left. */
  static async open(settings: Settings, options: EngineOptions): Promise<Engine> {
    const paths = statePaths(settings.stateDir);
    await makeDirectories(paths);
    const store = openStore(paths.database);
    const tools = makeTools(settings, store, options);
    await recover(tools);
    return new Engine(tools);
  }

  async planLaunch(request: LaunchRequest): Promise<BuildPlan> {
    const { previewLaunch } = await import('./launch.ts');
    return await previewLaunch(this.#tools, request);
  }

  async launch(request: LaunchRequest, options: ActOptions = {}): Promise<Instance> {
    const { launchInstance } = await import('./launch.ts');
    const launch = async () => await launchInstance(this.#tools, request, options);
    return await this.#tools.slots.run('builds', launch, options);
  }

  async createImage(
    ref: string,
    request: CreateImageRequest = {},
    options: ActOptions = {},
  ): Promise<CreatedImage> {
    const { createImage } = await import('./snapshots/create-image.ts');
    return await createImage(this.#tools, ref, request, options);
  }

  async adopt(request: AdoptRequest, options: ActOptions = {}): Promise<Instance> {
    const { adoptDomain } = await import('./adopt.ts');
    return await adoptDomain(this.#tools, request, options);
  }

  async release(ref: string, options: ActOptions = {}): Promise<Instance> {
    const { releaseInstance } = await import('./adopt.ts');
    return await releaseInstance(this.#tools, ref, options);
  }

  async list(): Promise<readonly InstanceView[]> {
    return await listViews(this.#tools);
  }

  async show(ref: string): Promise<InstanceView> {
    return await showView(this.#tools, ref);
  }

  async waitFor(ref: string, condition: WaitCondition, options: WaitOptions = {}): Promise<void> {
    const { waitForCondition } = await import('./waiting.ts');
    await waitForCondition(this.#tools, ref, condition, options);
  }

  async start(ref: string, options: ActOptions = {}): Promise<void> {
    const { startInstance } = await import('./power.ts');
    await startInstance(this.#tools, ref, options);
  }

  async stop(ref: string, options: StopOptions = {}): Promise<void> {
    const { stopInstance } = await import('./power.ts');
    await stopInstance(this.#tools, ref, options);
  }

  async reboot(ref: string, options: RebootOptions = {}): Promise<Rebooted> {
    const { rebootInstance } = await import('./power.ts');
    return { madeAnew: await rebootInstance(this.#tools, ref, options) };
  }

  async pause(ref: string, options: ActOptions = {}): Promise<void> {
    const { pauseInstance } = await import('./life/pause.ts');
    await pauseInstance(this.#tools, ref, options);
  }

  async unpause(ref: string, options: ActOptions = {}): Promise<void> {
    const { unpauseInstance } = await import('./life/pause.ts');
    await unpauseInstance(this.#tools, ref, options);
  }

  async suspend(ref: string, options: ActOptions = {}): Promise<void> {
    const { suspendInstance } = await import('./life/suspend.ts');
    await suspendInstance(this.#tools, ref, options);
  }

  async resume(ref: string, options: ActOptions = {}): Promise<void> {
    const { resumeInstance } = await import('./life/suspend.ts');
    await resumeInstance(this.#tools, ref, options);
  }

  async shelve(ref: string, options: ShelveOptions = {}): Promise<void> {
    const { shelveInstance } = await import('./life/shelve.ts');
    await shelveInstance(this.#tools, ref, options);
  }

  async unshelve(ref: string, options: ActOptions = {}): Promise<void> {
    const { unshelveInstance } = await import('./life/unshelve.ts');
    await unshelveInstance(this.#tools, ref, options);
  }

  async lock(ref: string, options: LockOptions = {}): Promise<Instance> {
    const { lockInstance } = await import('./life/record-changes.ts');
    return lockInstance(this.#tools, ref, options);
  }

  async unlock(ref: string): Promise<Instance> {
    const { unlockInstance } = await import('./life/record-changes.ts');
    return unlockInstance(this.#tools, ref);
  }

  async rename(ref: string, name: string, options: ActOptions = {}): Promise<Instance> {
    const { renameInstance } = await import('./life/rename.ts');
    return await renameInstance(this.#tools, ref, name, options);
  }

  async change(ref: string, change: RecordChange): Promise<Instance> {
    const { changeRecord } = await import('./life/record-changes.ts');
    return changeRecord(this.#tools, ref, change);
  }

  async rescue(ref: string, request: RescueRequest = {}, options: ActOptions = {}): Promise<Instance> {
    const { rescueInstance } = await import('./rescue/rescue-instance.ts');
    return await rescueInstance(this.#tools, ref, request, options);
  }

  async unrescue(ref: string, options: StopOptions = {}): Promise<Instance> {
    const { unrescueInstance } = await import('./rescue/unrescue-instance.ts');
    return await unrescueInstance(this.#tools, ref, options);
  }

  async rebuild(ref: string, request: RebuildRequest = {}, options: ActOptions = {}): Promise<Instance> {
    const { rebuildInstance } = await import('./rebuild/rebuild-instance.ts');
    const rebuild = async () => await rebuildInstance(this.#tools, ref, request, options);
    return await this.#tools.slots.run('builds', rebuild, options);
  }

  async delete(ref: string, options: ActOptions = {}): Promise<Deleted> {
    const { deleteInstance } = await import('./delete-instance.ts');
    return await deleteInstance(this.#tools, ref, options);
  }

  async clone(ref: string, request: CloneRequest, options: ActOptions = {}): Promise<Cloned> {
    const { cloneInstance } = await import('./clone/clone.ts');
    return await cloneInstance(this.#tools, ref, request, options);
  }

  async resize(ref: string, request: ResizeRequest, options: ResizeOptions = {}): Promise<void> {
    const { resizeInstance } = await import('./resize/resize.ts');
    await resizeInstance(this.#tools, ref, request, options);
  }

  async changeSize(ref: string, change: SizeChange, options: ActOptions = {}): Promise<SizeChanged> {
    const { changeSize } = await import('./sizes/change-size.ts');
    return await changeSize(this.#tools, ref, change, options);
  }

  async confirmResize(ref: string, options: ActOptions = {}): Promise<void> {
    const { confirmResize } = await import('./resize/end-resize.ts');
    await confirmResize(this.#tools, ref, options);
  }

  async revertResize(ref: string, options: ActOptions = {}): Promise<void> {
    const { revertResize } = await import('./resize/end-resize.ts');
    await revertResize(this.#tools, ref, options);
  }

  async exportInstance(ref: string, request: ExportRequest, options: ActOptions = {}): Promise<Exported> {
    const { exportInstance } = await import('./export/export-instance.ts');
    return await exportInstance(this.#tools, ref, request, options);
  }

  async importInstance(request: ImportRequest, options: ActOptions = {}): Promise<Instance> {
    const { importInstance } = await import('./export/import-instance.ts');
    return await importInstance(this.#tools, request, options);
  }

  async guest(ref: string, options: GuestOptions = {}): Promise<GuestAccess> {
    const { accessGuest } = await import('./guest-access.ts');
    return await accessGuest(this.#tools, ref, options);
  }

  async exec(ref: string, request: ExecRequest, options: ActOptions = {}): Promise<ExecResult> {
    const instance = this.#tools.store.instances.find(ref);
    const [program = '', ...rest] = request.argv;
    const reach = { privilege: 'exec', what: 'exec', target: program, arguments: rest } as const;
    return await this.#tools.reaches.made(
      instance,
      { ...reach, guestUser: request.user ?? 'root' },
      () => execInGuest(this.#tools, instance, request, options),
      ({ exitCode, signal, via }) => ({ exitCode, signal, via }),
    );
  }

  async forward(ref: string, request: ForwardRequest, watch: ForwardWatch = {}): Promise<Forwarding> {
    const { openForwards } = await import('./forward/open-forwards.ts');
    return await openForwards(this.#tools, ref, request, watch);
  }

  async setPassword(
    ref: string,
    request: PasswordRequest,
    options: ActOptions = {},
  ): Promise<CredentialsChanged> {
    const { setPassword } = await import('./credentials.ts');
    const instance = this.#tools.store.instances.find(ref);
    const guestUser = request.user ?? adminUserOf(instance); // as it is chosen below; a grant may name other users only
    const reach = { privilege: 'credentials', what: 'setPassword', guestUser } as const;
    return await this.#tools.reaches.made(instance, reach, () =>
      setPassword(this.#tools, ref, request, options),
    );
  }

  async keys(ref: string): Promise<Keys> {
    const { InstanceKeys } = await import('./credentials.ts');
    const instance = this.#tools.store.instances.find(ref);
    return guarded<Keys>(new InstanceKeys(this.#tools, instance.id), {
      reaches: this.#tools.reaches,
      instance: () => instance,
      privileges: KEY_PRIVILEGES,
      via: () => null,
      user: userOfKeys(adminUserOf(instance)),
    });
  }

  async addresses(ref: string, options: ActOptions = {}): Promise<GuestAddresses> {
    const { shownAddresses } = await import('./addresses.ts');
    const instance = this.#tools.store.instances.find(ref);
    return await this.#tools.reaches.made(instance, { privilege: 'info', what: 'addresses' }, () =>
      shownAddresses(this.#tools, instance, options),
    );
  }

  async consoleLog(ref: string): Promise<ConsoleLog> {
    const instance = this.#tools.store.instances.find(ref);
    const path = consoleLogPath(this.#tools.paths.instances, instance);
    if (path === null) throw consoleNotLogged(instance);
    return new ConsoleLogFile(path);
  }

  async capacity(): Promise<Capacity> {
    const { readCapacity } = await import('./claims/read-inventories.ts');
    return await readCapacity(this.#tools);
  }

  async diagnostics(ref: string, options: ActOptions = {}): Promise<Diagnostics> {
    const { diagnose } = await import('./diagnostics/diagnostics.ts');
    const instance = this.#tools.store.instances.find(ref);
    const reach = { privilege: 'info', what: 'diagnostics' } as const;
    return await this.#tools.reaches.made(instance, reach, () => diagnose(this.#tools, ref, options));
  }

  async usage(): Promise<UsageSample> {
    const { readUsage } = await import('./diagnostics/diagnostics.ts');
    return await readUsage(this.#tools);
  }

  async doctor(): Promise<readonly Finding[]> {
    return await this.#tools.host.diagnose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeTools(this.#tools);
  }
}

const UNMAKEABLE: ReadonlyMap<string | undefined, string> = new Map([
  ['EACCES', 'no permission'],
  ['EPERM', 'no permission'],
  ['EROFS', 'the filesystem is read-only'],
  ['ENOENT', 'no directories are made there'],
  ['ENOTDIR', 'a file is in the way'],
  ['EEXIST', 'a file is in the way'],
]);

/** QEMU's user passes through to the disks (0711); nobody else looks around, and images are private. */
async function makeDirectories(paths: StatePaths): Promise<void> {
  try {
    for (const directory of [paths.stateDir, paths.instances, paths.base]) {
      await makeDirectory(directory, 0o711);
    }
    for (const directory of [paths.images, paths.work]) await makeDirectory(directory, 0o700);
  } catch (error) {
    const why = UNMAKEABLE.get(errnoCode(error));
    if (why === undefined) throw error;
    throw new Fault(
      'denied',
      'STATE_DENIED',
      `The state directory ${paths.stateDir} cannot be made: ${why}`,
      {
        cause: error,
        hint: 'Run as root, or set state_dir (or NOVALET_STATE_DIR) to a directory of your own.',
      },
    );
  }
}

/** Who is meant by `list(user)`, `add(keys, { user })` and `remove(keys, user)`. */
function userOfKeys(admin: string): (args: readonly unknown[]) => string {
  return ([first, second]) => {
    const named = Array.isArray(first) ? second : first;
    return typeof named === 'string' ? named : userOr(admin)([named]);
  };
}

/** Those above it are made with it, by what is loaded only then. */
async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') return;
    if (errnoCode(error) !== 'ENOENT') throw error;
    await (await import('../hostlink/index.ts')).makeDirectory(path, mode);
  }
}
