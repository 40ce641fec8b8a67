// One instance, as the library has it.
import type { Duplex } from 'node:stream';
import { Secret } from '../base/index.ts';
import type {
  ActOptions,
  Compute,
  CreatedImage,
  CreatedSnapshot,
  CreateImageRequest,
  CreateSnapshotRequest,
  ExecRequest,
  ExecResult,
  Exported,
  ExportRequest,
  Files,
  ForwardOptions,
  GuestAddress,
  GuestAddresses,
  GuestOptions,
  GuestProcess,
  InstanceView,
  Jobs,
  Keys,
  LockOptions,
  PasswordRequest,
  Rebooted,
  RebootOptions,
  RebuildRequest,
  RecordChange,
  RescueRequest,
  ShelveOptions,
  StopOptions,
  TerminalSize,
  Via,
  WaitCondition,
  WaitOptions,
} from '../compute/index.ts';
import { ExecCall, type ExecCallOptions } from './exec-call.ts';
import { InstanceAgent } from './instance-agent.ts';
import { type LaunchOptions, readAct, readCommon } from './launch-wishes.ts';

/** `RescueRequest`, with what people write. */
export interface RescueWishes extends Omit<RescueRequest, 'adminPassword'>, ActOptions {
  readonly adminPassword?: string;
}

/** `RebuildRequest`, with what people write. */
export interface RebuildWishes
  extends Omit<RebuildRequest, 'userData' | 'sshKeys' | 'adminPassword'>,
    Pick<LaunchOptions, 'userData' | 'sshKeys' | 'adminPassword'>,
    ActOptions {}

/** One instance. **Disposal deletes it**: `await using vm = await host.launch(…)` throws it away at the end of the block. */
export class InstanceHandle implements AsyncDisposable {
  readonly id: string;
  readonly name: string;
  readonly #compute: Compute;

  constructor(compute: Compute, id: string, name: string) {
    this.#compute = compute;
    this.id = id;
    this.name = name;
  }

  /**
   * Runs a program inside; no shell in between. `await` it for its result, with output as text; or use its `stdout`,
   * `stderr`, `stdin` and `kill()` while it runs. `execRaw` gives bytes.
   */
  exec(argv: readonly string[], options: ExecCallOptions = {}): ExecCall {
    return new ExecCall(this.#compute, this.id, argv, options);
  }

  /** A program on a terminal: everything it shows comes on `stdout`, and `resize` tells it the window's size. */
  async terminal(options: TerminalOptions = {}): Promise<GuestProcess> {
    const { argv, rows = 24, columns = 80, term = 'xterm-256color', via, ...rest } = options;
    const guest = await this.#compute.guest(this.id, via === undefined ? {} : { via });
    return await guest.spawn({ ...rest, argv: argv ?? ['/bin/sh', '-l'], terminal: { rows, columns, term } });
  }

  /** Files of the guest: stat, list, read, write, copyIn, copyOut, sync, tail … */
  async files(options: Pick<GuestOptions, 'via' | 'signal'> = {}): Promise<Files> {
    return (await this.#compute.guest(this.id, options)).files;
  }

  /** Programs that go on in the guest without us. */
  async jobs(): Promise<Jobs> {
    return (await this.#compute.guest(this.id)).jobs;
  }

  /** What the guest tells of itself, its diagnosis, its clock, freezing and thawing. */
  get agent(): InstanceAgent {
    return new InstanceAgent(this.#compute, this.id);
  }

  /** The authorized SSH keys of the guest's users. */
  async keys(): Promise<Keys> {
    return await this.#compute.keys(this.id);
  }

  /** Connects to something inside the guest, which needs no network: TCP or a unix socket, over a lane, as `user` or root. */
  async connect(address: GuestAddress, options: ForwardOptions = {}): Promise<Duplex> {
    return await (await this.#compute.guest(this.id)).connect(address, options);
  }

  async execRaw(request: ExecRequest, options?: ActOptions): Promise<ExecResult> {
    return await this.#compute.exec(this.id, request, options);
  }

  async setPassword(password: string, options: Omit<PasswordRequest, 'password'> = {}): Promise<void> {
    await this.#compute.setPassword(this.id, { ...options, password: new Secret(password) });
  }

  async addresses(): Promise<GuestAddresses> {
    return await this.#compute.addresses(this.id);
  }

  /** `agent`, `ip`, `cloud-init`, or an API status such as `SHUTOFF`. */
  async waitFor(condition: string, options?: WaitOptions): Promise<void> {
    await this.#compute.waitFor(this.id, waitCondition(condition), options);
  }

  async show(): Promise<InstanceView> {
    return await this.#compute.show(this.id);
  }

  async start(): Promise<void> {
    await this.#compute.start(this.id);
  }

  async stop(options?: StopOptions): Promise<void> {
    await this.#compute.stop(this.id, options);
  }

  /** Names the files that a hard reboot found missing, and made again. */
  async reboot(options?: RebootOptions): Promise<Rebooted> {
    return await this.#compute.reboot(this.id, options);
  }

  async pause(options?: ActOptions): Promise<void> {
    await this.#compute.pause(this.id, options);
  }

  async unpause(options?: ActOptions): Promise<void> {
    await this.#compute.unpause(this.id, options);
  }

  async suspend(options?: ActOptions): Promise<void> {
    await this.#compute.suspend(this.id, options);
  }

  async resume(options?: ActOptions): Promise<void> {
    await this.#compute.resume(this.id, options);
  }

  async shelve(options?: ShelveOptions): Promise<void> {
    await this.#compute.shelve(this.id, options);
  }

  async unshelve(options?: ActOptions): Promise<void> {
    await this.#compute.unshelve(this.id, options);
  }

  /** Boots another system beside its disks. */
  async rescue(options: RescueWishes = {}): Promise<void> {
    const { image, ...rest } = options;
    const request = { ...(image === undefined ? {} : { image }), ...readCommon(rest) };
    await this.#compute.rescue(this.id, request, readAct(options));
  }

  async unrescue(options?: StopOptions): Promise<void> {
    await this.#compute.unrescue(this.id, options);
  }

  /** Gives it a new root disk from an image; what is on the old one is lost. */
  async rebuild(options: RebuildWishes = {}): Promise<void> {
    const {
      userData: _userData,
      sshKeys: _sshKeys,
      adminPassword: _adminPassword,
      signal: _signal,
      onProgress: _onProgress,
      ...rest
    } = options;
    await this.#compute.rebuild(this.id, { ...rest, ...readCommon(options) }, readAct(options));
  }

  /** Disks, record and guest input as one file, or as a stream; `host.compute.importInstance` makes an instance of it. */
  async export(request: ExportRequest, options?: ActOptions): Promise<Exported> {
    return await this.#compute.exportInstance(this.id, request, options);
  }

  /** Its root disk as an image to launch others from, whether it runs or not. */
  async createImage(request?: CreateImageRequest, options?: ActOptions): Promise<CreatedImage> {
    return await this.#compute.createImage(this.id, request, options);
  }

  /** Marks all its disks at one moment; all of them are `host.compute.snapshots`. */
  async createSnapshot(request: CreateSnapshotRequest, options?: ActOptions): Promise<CreatedSnapshot> {
    return await this.#compute.snapshots.create(this.id, request, options);
  }

  /** The disks as they were at a snapshot; a guest that runs is switched off for it, and started again. */
  async restoreSnapshot(name: string, options?: ActOptions): Promise<void> {
    await this.#compute.snapshots.restore(this.id, name, options);
  }

  async lock(options?: LockOptions): Promise<void> {
    await this.#compute.lock(this.id, options);
  }

  async unlock(): Promise<void> {
    await this.#compute.unlock(this.id);
  }

  /** Metadata and tags. */
  async change(change: RecordChange): Promise<void> {
    await this.#compute.change(this.id, change);
  }

  async delete(): Promise<void> {
    await this.#compute.delete(this.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delete();
  }
}

export interface TerminalOptions extends Partial<TerminalSize> {
  /** A login shell when left out. */
  readonly argv?: readonly string[];
  /** The name of the terminal's kind for the program (TERM). Default `xterm-256color`. */
  readonly term?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: string;
  readonly via?: Via;
}

function waitCondition(word: string): WaitCondition {
  if (word === 'agent' || word === 'ip' || word === 'cloud-init') return { kind: word };
  return { kind: 'status', status: word };
}
