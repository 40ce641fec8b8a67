// `instance.agent`: the agent of one guest, by typed acts, and by its own commands for what has no act.
import type {
  ActOptions,
  AgentArguments,
  AgentCommandName,
  CloudInitRerun,
  CloudInitStatus,
  CloudInitStatusOptions,
  Compute,
  Diagnosis,
  FreezeRequest,
  Frozen,
  GuestReport,
  GuestRoutes,
  GuestTime,
  Onlined,
  RerunOptions,
  TimeSync,
  TrimmedFilesystem,
} from '../compute/index.ts';

export class InstanceAgent {
  readonly #compute: Compute;
  readonly #ref: string;

  /** Only for InstanceHandle. */
  constructor(compute: Compute, ref: string) {
    this.#compute = compute;
    this.#ref = ref;
  }

  /**
   * Sends one command by its own name, with its arguments checked by the compiler, and gives what came back: outside
   * data, bounded in size and otherwise as the guest sent it. A command that changes things may have been carried out
   * although its answer was lost. Commands: QEMU, qga/qapi-schema.json.
   */
  async call<Name extends AgentCommandName>(
    command: Name,
    args: AgentArguments<Name>,
    options?: ActOptions,
  ): Promise<unknown> {
    return await this.#compute.guests.call(this.#ref, { command, arguments: args }, options);
  }

  /** All that the guest tells of itself; what it cannot tell is absent with a reason. */
  async facts(options?: ActOptions): Promise<GuestReport> {
    return await this.#compute.guests.facts(this.#ref, options);
  }

  /** Which of the things that can be wrong with an agent is wrong, with its cure. */
  async diagnose(options?: ActOptions): Promise<Diagnosis> {
    return await this.#compute.guests.diagnose(this.#ref, options);
  }

  /** What cloud-init says of itself; with `wait`, when it has ended. */
  async cloudInit(options?: CloudInitStatusOptions): Promise<CloudInitStatus> {
    return await this.#compute.guests.cloudInitStatus(this.#ref, options);
  }

  /** Has cloud-init run all its stages again. */
  async rerunCloudInit(options?: RerunOptions): Promise<CloudInitRerun> {
    return await this.#compute.guests.rerunCloudInit(this.#ref, options);
  }

  async resetChannel(options?: ActOptions): Promise<void> {
    await this.#compute.guests.resetChannel(this.#ref, options);
  }

  async routes(options?: ActOptions): Promise<GuestRoutes> {
    return await this.#compute.guests.routes(this.#ref, options);
  }

  /** The guest's clock beside ours. */
  async time(options?: ActOptions): Promise<GuestTime> {
    return await this.#compute.guests.time(this.#ref, options);
  }

  async syncTime(options?: ActOptions): Promise<TimeSync> {
    return await this.#compute.guests.syncTime(this.#ref, options);
  }

  async trim(options?: ActOptions): Promise<readonly TrimmedFilesystem[]> {
    return await this.#compute.guests.trim(this.#ref, options);
  }

  /** Freezes the filesystems until `thaw`, or until the guest thaws itself at the deadline. */
  async freeze(request: FreezeRequest, options?: ActOptions): Promise<Frozen> {
    return await this.#compute.guests.freeze(this.#ref, request, options);
  }

  async thaw(options?: ActOptions): Promise<Frozen> {
    return await this.#compute.guests.thaw(this.#ref, options);
  }

  async onlineVcpus(options?: ActOptions): Promise<Onlined> {
    return await this.#compute.guests.onlineVcpus(this.#ref, options);
  }
}
