// The lanes of this host's guests: one session per guest and process, over a port that only this process uses, with our
// server behind it. Opened when first needed, shared by everything that reaches into the guest, closed with the engine.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { errnoCode, Fault, isFault, KeyedMutex } from '../base/index.ts';
import { LaneRoad, startLaneServer } from '../guest/index.ts';
import { connectUnix } from '../hostlink/index.ts';
import { dismissServer, LaneSession } from '../lane/index.ts';
import type { Subscription } from '../libvirt/index.ts';
import type { Instance } from '../model/index.ts';
import type { Store } from '../store/index.ts';
import { type Agents, instancePaused } from './agents.ts';
import { type LanePort, leaveLanePort, takeLanePort } from './lane-port.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { cureWhileOff } from './state-conflict.ts';
import type { Log } from './tools.ts';

const CONNECT_TIMEOUT_MS = 2000;
/** How long a server that is there most likely may take to answer, and one that was just started. */
const GREETING_TIMEOUT_MS = 1500;
const FIRST_GREETING_TIMEOUT_MS = 15_000;
/** QEMU closes the socket a moment before libvirt says that the guest stopped. */
const REASON_MS = 5000;

export interface LaneTools {
  readonly libvirt: LibvirtLink;
  readonly store: Store;
  readonly agents: Agents;
  readonly log: Log;
}

interface OpenLane {
  readonly instance: Instance;
  readonly road: LaneRoad;
  readonly session: LaneSession;
  readonly port: LanePort;
  /** Undefined when libvirtd went away: what became of the guest since then is not known. */
  watch: Subscription | undefined;
  /** The processors stand still: nothing would answer until somebody resumes them. */
  isPaused: boolean;
}

/** What a guest cannot have now, it cannot have in a moment either; asking again takes up to 15 s each time. */
const REFUSAL_KEPT_MS = 30_000;

export class Lanes implements AsyncDisposable {
  readonly #tools: LaneTools;
  readonly #turns = new KeyedMutex();
  readonly #open = new Map<string, OpenLane>();
  readonly #refusals = new Map<string, { readonly fault: Fault; readonly until: number }>();

  constructor(tools: LaneTools) {
    this.#tools = tools;
  }

  /** Whether a road is open already, so that taking it costs nothing. */
  has(instance: Instance): boolean {
    return this.#open.get(instance.id)?.session.isOpen === true;
  }

  /**
   * The road over a lane of the instance. Throws `LANE_UNAVAILABLE`, `LANE_SERVER_REFUSED`, `LANE_SILENT`,
   * `INSTANCE_NOT_RUNNING`, `INSTANCE_PAUSED`, and whatever the agent says when the server has to be started.
   */
  async road(instance: Instance, signal?: AbortSignal): Promise<LaneRoad> {
    return await this.#turns.run(
      instance.id,
      async () => {
        const known = this.#open.get(instance.id);
        if (known !== undefined && (await this.#isGood(instance, known))) return known.road;
        if (known !== undefined) await this.forget(instance.id);
        try {
          return (await this.#openUnlessRefused(instance, signal)).road;
        } catch (error) {
          throw await this.#tools.agents.explained(instance, error);
        }
      },
      signal,
    );
  }

  async forget(instanceId: string): Promise<void> {
    const lane = this.#open.get(instanceId);
    this.#open.delete(instanceId);
    if (lane === undefined) return;
    await lane.session.close();
    await this.#leave(lane.instance, lane.port);
    await lane.watch?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of [...this.#open.keys()]) await this.forget(id);
  }

  /** Throws `INSTANCE_PAUSED`. What was missed of a guest while libvirtd was away, its server is asked for. */
  async #isGood(instance: Instance, lane: OpenLane): Promise<boolean> {
    if (!lane.session.isOpen) return false;
    if (lane.watch !== undefined && lane.isPaused) throw instancePaused(instance);
    if (lane.watch !== undefined) return true;
    try {
      await this.#watch(instance, lane);
    } catch (error) {
      // The lane is QEMU's and needs no libvirtd.
      this.#tools.log.debug({ err: error, instance: instance.name }, 'a lane is not watched');
    }
    try {
      await lane.session.ping(FIRST_GREETING_TIMEOUT_MS);
      return true;
    } catch (error) {
      if (!isFault(error)) throw error;
      return false;
    }
  }

  async #openUnlessRefused(instance: Instance, signal: AbortSignal | undefined): Promise<OpenLane> {
    const refusal = this.#refusals.get(instance.id);
    if (refusal !== undefined && performance.now() < refusal.until) throw refusal.fault;
    this.#refusals.delete(instance.id);
    try {
      return await this.#openLane(instance, signal);
    } catch (error) {
      if (isFault(error, 'LANE_SILENT', 'LANE_SERVER_REFUSED'))
        this.#refusals.set(instance.id, { fault: error, until: performance.now() + REFUSAL_KEPT_MS });
      throw error;
    }
  }

  async #openLane(instance: Instance, signal: AbortSignal | undefined): Promise<OpenLane> {
    const { libvirt, store } = this.#tools;
    const domain = await libvirt.domain(instance);
    await using undo = new AsyncDisposableStack();
    const port = await takeLanePort(instance, domain, store.leases);
    undo.defer(() => this.#leave(instance, port));
    const session = undo.use(await this.#greet(instance, port, signal));
    const road = new LaneRoad(session);
    const lane: OpenLane = { instance, road, session, port, watch: undefined, isPaused: false };
    await this.#watch(instance, lane);
    this.#open.set(instance.id, lane);
    undo.move();
    return lane;
  }

  /** A server of another novalet, which speaks another version of the protocol, makes room for ours. */
  async #greet(instance: Instance, port: LanePort, signal: AbortSignal | undefined): Promise<LaneSession> {
    try {
      return await this.#meet(instance, port, signal);
    } catch (error) {
      if (!isFault(error, 'LANE_VERSION')) throw error;
      const socket = await connectUnix(port.path, CONNECT_TIMEOUT_MS, signal);
      await dismissServer(socket, { peer: instance.name, timeoutMs: FIRST_GREETING_TIMEOUT_MS, signal });
      return await this.#start(instance, port, signal);
    }
  }

  /** Where the server is there it answers at once; otherwise the agent starts it. */
  async #meet(instance: Instance, port: LanePort, signal: AbortSignal | undefined): Promise<LaneSession> {
    if (port.isServed) {
      try {
        return await openSession(instance, port, { timeoutMs: GREETING_TIMEOUT_MS, signal });
      } catch (error) {
        if (!isFault(error, 'LANE_SILENT')) throw error; // it held the port of an earlier boot, or hangs
      }
    }
    return await this.#start(instance, port, signal);
  }

  async #start(instance: Instance, port: LanePort, signal: AbortSignal | undefined): Promise<LaneSession> {
    const { agents } = this.#tools;
    const program = await serverProgram();
    await agents.use(instance, (agent) => startLaneServer(agent, { ...program, signal }));
    return await openSession(instance, port, { timeoutMs: FIRST_GREETING_TIMEOUT_MS, signal });
  }

  /** A guest that reboots or ends leaves the port as it is, silent for ever: libvirt's events tell. */
  async #watch(instance: Instance, lane: OpenLane): Promise<void> {
    const connection = await this.#tools.libvirt.control();
    const watch = await connection.subscribe();
    lane.watch = watch;
    lane.isPaused = false;
    void this.#follow(instance, lane, watch);
  }

  async #follow(instance: Instance, lane: OpenLane, watch: Subscription): Promise<void> {
    const { session } = lane;
    const { store } = this.#tools;
    try {
      for await (const event of watch) {
        if (event.kind === 'closed' || event.uuid !== instance.id) continue;
        if (event.kind === 'reboot') await session.close(rebooted(instance));
        if (event.kind !== 'lifecycle') continue;
        if (ENDED.has(event.event)) await session.close(ended(instance, store.instances.get(instance.id)));
        if (event.event === 'suspended') lane.isPaused = true;
        if (event.event === 'resumed') lane.isPaused = false;
      }
    } catch (error) {
      if (!isFault(error, 'LIBVIRT_EVENTS_LOST')) {
        this.#tools.log.warn({ err: error, instance: instance.name }, 'a lane is no longer watched');
      }
    } finally {
      if (lane.watch === watch) lane.watch = undefined;
    }
  }

  async #leave(instance: Instance, port: LanePort): Promise<void> {
    try {
      const connection = await this.#tools.libvirt.control();
      const domain = await connection.domainByUuid(instance.id);
      await leaveLanePort({ instance, connection, domain, leases: this.#tools.store.leases }, port);
    } catch (error) {
      port.lease.release(); // the domain is gone, and the port with it; or the next process takes it as it is
      this.#tools.log.debug({ err: error, lane: port.number }, 'a lane was left plugged in');
    }
  }
}

const ENDED: ReadonlySet<string> = new Set(['stopped', 'shutdown', 'crashed', 'undefined']);

interface Greeting {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

async function openSession(instance: Instance, port: LanePort, greeting: Greeting): Promise<LaneSession> {
  const socket = await connectUnix(port.path, CONNECT_TIMEOUT_MS, greeting.signal);
  const options = { peer: instance.name, reasonMs: REASON_MS, ...greeting };
  return await LaneSession.open(socket, options); // closes the socket when it fails
}

const PROGRAM = fileURLToPath(new URL('../../native/lane/build/novalet-lane', import.meta.url));
const MACHINES: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: 'x86_64', arm64: 'aarch64' };

/** Our server for guests of this host's own machine. */
export async function serverProgram() {
  const machine = MACHINES[process.arch] ?? process.arch;
  try {
    return { machine, program: await readFile(PROGRAM) };
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
    throw new Fault('unavailable', 'LANE_UNAVAILABLE', 'The server for lanes was not built', {
      cause: error,
      hint: 'Build it: make -C native/lane',
    });
  }
}

function rebooted({ name }: Instance): Fault {
  return new Fault('unavailable', 'GUEST_REBOOTED', `Instance ${name} rebooted in the middle`, {
    outcome: 'unknown',
    hint: 'What ran in it ended with it; see what it has done before you run it again.',
  });
}

/** `now`: as it is recorded at that moment. */
function ended(instance: Instance, now: Instance | undefined): Fault {
  const isDeleted = now === undefined || now.taskState === 'deleting';
  return new Fault('unavailable', 'GUEST_STOPPED', `Instance ${instance.name} stopped in the middle`, {
    outcome: 'unknown',
    hint: `What ran in it ended with it. ${isDeleted ? 'It was deleted.' : cureWhileOff(now)}`,
  });
}
