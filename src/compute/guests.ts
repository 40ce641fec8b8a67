// Knowing a guest and keeping it in order, through its agent. What each act needs is loaded by that act.
import type {
  CloudInitStatus,
  Diagnosis,
  Frozen,
  GuestRoutes,
  GuestTime,
  Onlined,
  TimeSync,
  TrimmedFilesystem,
} from '../guest/index.ts';
import type { CloudInitRerun, CloudInitStatusOptions, RerunOptions } from './cloud-init-requests.ts';
import type { ActOptions, AgentRequest, FreezeRequest, GuestReport, Guests } from './compute.ts';
import type { Tools } from './tools.ts';

export class GuestCare implements Guests {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async facts(ref: string, options: ActOptions = {}): Promise<GuestReport> {
    const { reportGuest } = await import('./guest-facts.ts');
    return await reportGuest(this.#tools, ref, options);
  }

  async diagnose(ref: string, options: ActOptions = {}): Promise<Diagnosis> {
    const { diagnoseGuest } = await import('./diagnose-guest.ts');
    return await diagnoseGuest(this.#tools, ref, options);
  }

  async resetChannel(ref: string, options: ActOptions = {}): Promise<void> {
    const { resetChannel } = await import('./reset-channel.ts');
    await resetChannel(this.#tools, ref, options);
  }

  async routes(ref: string, options: ActOptions = {}): Promise<GuestRoutes> {
    const { guestRoutes } = await import('./guest-facts.ts');
    return await guestRoutes(this.#tools, ref, options);
  }

  async time(ref: string, options: ActOptions = {}): Promise<GuestTime> {
    const { guestTime } = await import('./guest-facts.ts');
    return await guestTime(this.#tools, ref, options);
  }

  async syncTime(ref: string, options: ActOptions = {}): Promise<TimeSync> {
    const { syncGuestTime } = await import('./guest-upkeep.ts');
    return await syncGuestTime(this.#tools, ref, options);
  }

  async trim(ref: string, options: ActOptions = {}): Promise<readonly TrimmedFilesystem[]> {
    const { trimGuest } = await import('./guest-upkeep.ts');
    return await trimGuest(this.#tools, ref, options);
  }

  async freeze(ref: string, request: FreezeRequest, options: ActOptions = {}): Promise<Frozen> {
    const { freezeGuest } = await import('./guest-upkeep.ts');
    return await freezeGuest(this.#tools, ref, request, options);
  }

  async thaw(ref: string, options: ActOptions = {}): Promise<Frozen> {
    const { thawGuest } = await import('./guest-upkeep.ts');
    return await thawGuest(this.#tools, ref, options);
  }

  async onlineVcpus(ref: string, options: ActOptions = {}): Promise<Onlined> {
    const { onlineGuestVcpus } = await import('./guest-upkeep.ts');
    return await onlineGuestVcpus(this.#tools, ref, options);
  }

  async cloudInitStatus(ref: string, options: CloudInitStatusOptions = {}): Promise<CloudInitStatus> {
    const { cloudInitStatus } = await import('./cloud-init.ts');
    return await cloudInitStatus(this.#tools, ref, options);
  }

  async rerunCloudInit(ref: string, options: RerunOptions = {}): Promise<CloudInitRerun> {
    const { rerunCloudInit } = await import('./cloud-init.ts');
    return await rerunCloudInit(this.#tools, ref, options);
  }

  async call(ref: string, request: AgentRequest, options: ActOptions = {}): Promise<unknown> {
    const instance = this.#tools.store.instances.find(ref);
    const agents = await this.#tools.agents.get();
    const { command, arguments: given } = request;
    return await agents.use(instance, async (agent) => (await agent.call(command, given, options)).value);
  }
}
