// The agents of this host's guests, over libvirt's agent call. One Agent per instance and process, so that calls to one
// guest take turns and a hang is remembered.
import { asFault, delay, Fault, isFault } from '../base/index.ts';
import {
  Agent,
  type AgentCaller,
  type ChannelState,
  presenceFault,
  type WaitStage,
  waitForAgent,
} from '../guest/index.ts';
import { type Domain, LibvirtFault, type Subscription } from '../libvirt/index.ts';
import { liveDomainFacts } from '../libvirt-xml/index.ts';
import type { Instance } from '../model/index.ts';
import { FunctionChannel } from '../qapi/index.ts';
import { AgentCalls, type AgentConnection } from './agent-calls.ts';
import { isAtOnce, translateAgentFault } from './agent-faults.ts';
import { named } from './hints.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { cureWhileOff, cureWhilePaused } from './state-conflict.ts';

/** The least that commands have which wait for a disk of the guest's, in seconds. */
const FILE_TIMEOUT_S = 25;
/** How much longer than one call another one waits for its turn. */
const TURN_S = 20;
/** How long a libvirtd that was started anew may take to find the agents again. */
const RECONNECT_MS = 2000;

/** Kinds of fault behind which the guest or its agent may simply not be there. */
const PRESENCE_KINDS: ReadonlySet<string> = new Set(['unavailable', 'unsupported', 'conflict', 'not-found']);

/** Faults of a lane, or of finding the domain, that a guest which is off or paused explains. */
const OF_POWER = [
  'INSTANCE_HAS_NO_DOMAIN',
  'LANE_UNAVAILABLE',
  'LANE_SILENT',
  'SOCKET_MISSING',
  'SOCKET_REFUSED',
];

export interface AwaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStage?: (stage: WaitStage) => void;
}

export class Agents implements AsyncDisposable {
  readonly #libvirt: LibvirtLink;
  readonly #timeoutS: number;
  readonly #agents = new Map<string, Agent>();
  readonly #calls = new AgentCalls();
  /** When an instance's agent last answered, by Date.now(). */
  readonly #heard = new Map<string, number>();

  /** `timeoutS`: how long an agent may take to answer. */
  constructor(libvirt: LibvirtLink, timeoutS: number) {
    this.#libvirt = libvirt;
    this.#timeoutS = timeoutS;
  }

  /**
   * Runs `work` with the instance's agent. A failure to reach it is told as what it is: `AGENT_ABSENT`, `AGENT_NOT_RUNNING`,
   * `INSTANCE_NOT_RUNNING`, `INSTANCE_PAUSED`, `AGENT_DISABLED`, `AGENT_UNRESPONSIVE`, or `AGENT_ANSWER_LOST` when the
   * request may have been carried out.
   */
  async use<T>(instance: Instance, work: (agent: Agent) => Promise<T>): Promise<T> {
    try {
      const result = await work(this.#agent(instance));
      this.#heard.set(instance.id, Date.now());
      return result;
    } catch (error) {
      throw await this.explained(instance, error);
    }
  }

  /** The agent for what goes on over many calls; each failure of one is told as `use` tells it. */
  caller(instance: Instance): AgentCaller {
    const agent = () => this.#agent(instance);
    return {
      peer: peerOf(instance),
      get epoch() {
        return agent().epoch;
      },
      limits: (signal) => this.use(instance, (known) => known.limits(signal)),
      call: (command, args, options) => this.use(instance, (known) => known.call(command, args, options)),
    };
  }

  /** Resolves when the agent answers. Subscribes first, then looks, then asks; never polls. */
  async waitFor(instance: Instance, options: AwaitOptions): Promise<void> {
    const connection = await this.#libvirt.control();
    const agent = this.#agent(instance);
    await waitForAgent(
      {
        subscribe: async (listener) => {
          const events = await connection.subscribe();
          const listening = this.#listen(events, instance.id, listener);
          return async () => {
            await events[Symbol.asyncDispose]();
            await listening;
          };
        },
        readChannelState: () => this.channelState(instance),
        sync: async (signal) => {
          try {
            await agent.ping({ signal, timeoutMs: 5000 });
          } catch (error) {
            await this.#libvirt.domain(instance); // throws when it is gone, and waiting is in vain
            throw error;
          }
        },
      },
      { peer: peerOf(instance), ...options },
    ).catch((error: unknown) => {
      throw named(error, instance);
    });
  }

  /** Ends when the subscription does. Events that were lost, or a libvirtd that went away, leave the state unknown. */
  async #listen(
    events: Subscription,
    instanceId: string,
    listener: (state: ChannelState) => void,
  ): Promise<void> {
    try {
      for await (const event of events) {
        if (event.kind === 'closed') listener('unknown');
        // Deleted meanwhile: asking again says so, and no event of the agent's ever comes.
        if (event.kind === 'lifecycle' && event.uuid === instanceId && event.event === 'undefined')
          listener('unknown');
        if (event.kind !== 'agent-lifecycle' || event.uuid !== instanceId) continue;
        if (event.state === 'connected') await this.#agents.get(instanceId)?.reset(); // another one, or a new boot's
        listener(event.state);
      }
    } catch (error) {
      if (!isFault(error, 'LIBVIRT_EVENTS_LOST')) throw error;
      listener('unknown');
    }
  }

  /** When the agent last answered this process, by Date.now(). */
  heardAt(instanceId: string): number | undefined {
    return this.#heard.get(instanceId);
  }

  /** The agent's channel was made anew: the connection to it, a hang, and what was known of it are of the old one. */
  async reset(instance: Instance): Promise<void> {
    this.#calls.forget(instance.id);
    await this.#agents.get(instance.id)?.reset();
  }

  /** What libvirt says of the agent's port. */
  async channelState(instance: Instance): Promise<ChannelState> {
    const domain = await this.#libvirt.domain(instance);
    return channelStateIn(await domain.xml());
  }

  async forget(instanceId: string): Promise<void> {
    const agent = this.#agents.get(instanceId);
    this.#agents.delete(instanceId);
    this.#heard.delete(instanceId);
    this.#calls.forget(instanceId);
    await agent?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of [...this.#agents.keys()]) await this.forget(id);
  }

  #agent(instance: Instance): Agent {
    const known = this.#agents.get(instance.id);
    if (known !== undefined) return known;
    const peer = peerOf(instance);
    const agent = new Agent({
      peer,
      open: async () => await this.#open(instance, peer),
      requestTimeoutMs: this.#timeoutS * 1000,
      fileTimeoutMs: Math.max(FILE_TIMEOUT_S, this.#timeoutS) * 1000,
      turnTimeoutMs: (this.#timeoutS + TURN_S) * 1000,
    });
    this.#agents.set(instance.id, agent);
    return agent;
  }

  async #open(instance: Instance, peer: string): Promise<FunctionChannel> {
    const domains = new Map<AgentConnection, Domain>();
    const domainOver = async (connection: AgentConnection) => {
      const domain = domains.get(connection) ?? (await this.#libvirt.domain(instance, connection));
      domains.set(connection, domain);
      return domain;
    };
    // For the calls of an agent that libvirt makes of its own.
    await (await domainOver('agents')).setAgentResponseTimeout(this.#timeoutS);
    let over: AgentConnection = 'agents';
    let began = 0;
    const admit = async (signal: AbortSignal) => {
      const admission = await this.#calls.admit(instance.id, signal);
      over = admission.over;
      return admission.leave;
    };
    const call = async (json: string, seconds: number) => {
      began = performance.now();
      const used = over;
      try {
        return await (await domainOver(used)).agentCommand(json, seconds);
      } catch (error) {
        if (isFault(error) && error.kind !== 'refused') domains.delete(used); // its connection may be the reason
        throw error;
      }
    };
    return new FunctionChannel(call, {
      peer,
      admit,
      translate: (fault, command) => translateAgentFault(fault, peer, command, performance.now() - began),
    });
  }

  /** What a failure to reach the guest was: the power state and the agent's channel say more than whoever failed. */
  async explained(instance: Instance, error: unknown): Promise<unknown> {
    try {
      return named(await this.#explain(instance, error), instance);
    } catch (found) {
      // libvirt is away: that something may have been done counts for more.
      if (isFault(error) && error.outcome === 'unknown') return named(error, instance);
      throw found;
    }
  }

  async #explain(instance: Instance, error: unknown): Promise<unknown> {
    const isOfAgent =
      isFault(error, 'AGENT_UNRESPONSIVE') ||
      (error instanceof LibvirtFault && PRESENCE_KINDS.has(error.kind));
    if (!isOfAgent && !isFault(error, ...OF_POWER)) return error;
    const domain = await this.#libvirt.findDomain(instance);
    const state = domain === undefined ? 'shutoff' : (await domain.state()).state;
    if (state === 'paused' || state === 'pmsuspended')
      return instancePaused(this.#libvirt.present(instance), error);
    if (domain === undefined || state !== 'running')
      return notRunning(this.#libvirt.present(instance), error);
    if (!isOfAgent) return error;
    const peer = peerOf(instance);
    const channel = channelStateIn(await domain.xml());
    const absence = presenceFault(peer, channel, error);
    if (absence !== undefined || !isFault(error, 'AGENT_UNRESPONSIVE')) return absence ?? error;
    const isGone = mayBeGivenUp(error, channel) && (await this.#isGivenUp(instance));
    return isGone ? disabled(instance, error) : unanswered(instance, error);
  }

  /**
   * An agent that went away in the middle fails as fast as one that is given up, and so do all for a moment when libvirtd
   * was started anew; only the second one does so again.
   */
  async #isGivenUp(instance: Instance): Promise<boolean> {
    await delay(RECONNECT_MS);
    const domain = await this.#libvirt.domain(instance, 'slow agents');
    const began = performance.now();
    try {
      await domain.agentCommand('{"execute":"guest-ping"}', 1);
      return false;
    } catch (error) {
      if (!isFault(error, 'AGENT_UNRESPONSIVE')) throw error;
      return isAtOnce(performance.now() - began);
    }
  }
}

/** Reads the state of the agent's port from a running domain's XML. */
export function channelStateIn(xml: string): ChannelState {
  const { agent } = liveDomainFacts(xml);
  if (agent === null) return 'absent';
  return agent.state ?? 'unknown';
}

function peerOf(instance: Instance): string {
  return `the agent of ${instance.name}`;
}

/** For a domain whose processors stand still. */
export function instancePaused(instance: Instance, cause?: unknown): Fault {
  const { name } = instance;
  return new Fault('conflict', 'INSTANCE_PAUSED', `Instance ${name} is paused, and its agent with it`, {
    cause,
    hint: `${cureWhilePaused(instance)}. Where nobody paused it, novalet guest ${name} doctor says why it stands.`,
  });
}

function notRunning(instance: Instance, cause: unknown): Fault {
  return new Fault(
    'conflict',
    'INSTANCE_NOT_RUNNING',
    `Instance ${instance.name} does not run, so its agent cannot be asked`,
    {
      cause: asFault(cause),
      hint: cureWhileOff(instance),
    },
  );
}

/** After a reply without an end libvirt asks this agent no more, and says so as it says "no answer", only faster. */
function mayBeGivenUp({ details }: Fault, state: ChannelState): boolean {
  const tookMs = details['tookMs'];
  return state === 'connected' && typeof tookMs === 'number' && isAtOnce(tookMs);
}

function disabled({ name }: Instance, cause: Fault): Fault {
  return new Fault(
    'unavailable',
    'AGENT_DISABLED',
    `libvirt has given up the agent of ${name}, as it does after a reply of more than 10 MiB`,
    { cause, outcome: cause.outcome, hint: `novalet guest ${name} reset-channel` },
  );
}

/** The same with a cure that names the instance; where something may have been done, that is what counts. */
function unanswered({ name }: Instance, fault: Fault): Fault {
  const doctor = `novalet guest ${name} doctor`;
  if (fault.outcome === 'unknown') {
    return new Fault('timeout', 'AGENT_ANSWER_LOST', `${fault.message}; whether it was done is not known`, {
      cause: fault,
      outcome: 'unknown',
      details: fault.details,
      hint: `Look in the guest before you repeat it. Why there was no answer: ${doctor}`,
    });
  }
  return new Fault(fault.kind, 'AGENT_UNRESPONSIVE', fault.message, {
    cause: fault,
    outcome: fault.outcome,
    details: fault.details,
    hint: `${fault.hint ?? ''} Find out which: ${doctor}`.trim(),
  });
}
