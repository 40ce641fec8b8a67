// Opens doors on the host, and leads those who come into the guest: over its network, or over a lane.
import type { Duplex } from 'node:stream';
import { asFault, Fault, isFault } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import type { GuestAccess, GuestAddress } from '../compute.ts';
import { accessGuest } from '../guest-access.ts';
import { requireRunning } from '../guest-actions.ts';
import { openRoad } from '../roads.ts';
import type { Tools } from '../tools.ts';
import { LocalDoor, wordOf } from './local-door.ts';
import { NetworkRoad } from './network-road.ts';
import type {
  Forwarding,
  ForwardRequest,
  ForwardRoad,
  ForwardRule,
  ForwardWatch,
  OpenForward,
} from './requests.ts';

const MAX_CONNECTIONS = 128;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/;

/**
 * Engine.forward. Throws `INSTANCE_STATE_CONFLICT`, `FORWARD_ADDRESS_TAKEN`, `FORWARD_ADDRESS_DENIED`, `FORWARD_ADDRESS_INVALID`,
 * `ROAD_CANNOT`, and what a lane throws where there is neither network nor lane.
 */
export async function openForwards(
  tools: Tools,
  ref: string,
  request: ForwardRequest,
  watch: ForwardWatch,
): Promise<Forwarding> {
  const instance = tools.store.instances.find(ref);
  await requireRunning(tools, instance, 'exec');
  const leads = new Leads(tools, instance, request);
  await using doors = new AsyncDisposableStack();
  const forwards: OpenForward[] = [];
  for (const rule of request.rules) {
    const reach = { privilege: 'forward', what: 'forward', target: wordOf(rule.guest) } as const;
    const guestUser = request.user ?? 'root';
    const opened = await tools.reaches.made(instance, { ...reach, guestUser }, async () => {
      const via = await leads.expect(rule, watch.signal);
      const door = await LocalDoor.open(rule.local, {
        lead: async (signal) => await leads.lead(rule, signal),
        maxConnections: request.maxConnections ?? MAX_CONNECTIONS,
        onTrouble: (fault) => {
          tools.log.info({ err: fault, instance: instance.id }, 'a connection could not be forwarded');
          watch.onTrouble?.(fault, rule);
        },
      });
      doors.use(door);
      return { local: door.address, guest: rule.guest, via };
    });
    forwards.push(opened);
  }
  const open = doors.move();
  return { instance, forwards, [Symbol.asyncDispose]: async () => await open.disposeAsync() };
}

/** Whether the guest's network leads to it, too: to what the guest calls itself. */
export function isOnNetwork(guest: GuestAddress): guest is Extract<GuestAddress, { port: number }> {
  return 'port' in guest && LOOPBACK.test(guest.host);
}

class Leads {
  readonly #tools: Tools;
  readonly #instance: Instance;
  readonly #request: ForwardRequest;
  readonly #network: NetworkRoad;
  #guest: Promise<GuestAccess> | undefined;

  constructor(tools: Tools, instance: Instance, request: ForwardRequest) {
    this.#tools = tools;
    this.#instance = instance;
    this.#request = request;
    this.#network = new NetworkRoad(tools, instance);
  }

  /** The road that a connection would take now; throws where there is none. */
  async expect({ guest }: ForwardRule, signal: AbortSignal | undefined): Promise<ForwardRoad> {
    const { via } = this.#request;
    if (via === 'network' && !isOnNetwork(guest)) throw this.#notOnNetwork(guest);
    if (via === 'network') return via; // what it leads to may begin to listen later
    let isRefused = false;
    if (via === undefined && isOnNetwork(guest)) {
      try {
        (await this.#network.connect(guest.port, signal)).destroy();
        return 'network';
      } catch (error) {
        if (!isFault(error, 'FORWARD_UNREACHABLE')) throw error;
        isRefused = error.details['refused'] === true;
      }
    }
    try {
      await openRoad(this.#tools, this.#instance, { via: 'lane', signal });
      return 'lane';
    } catch (error) {
      if (isRefused && asFault(error).kind !== 'cancelled') return 'network'; // it is there, and nothing listens yet
      throw error;
    }
  }

  /** Throws why the last road that was tried did not lead there. */
  async lead({ guest }: ForwardRule, signal: AbortSignal): Promise<Duplex> {
    const { via, user } = this.#request;
    let refusal: unknown;
    if (via !== 'lane' && isOnNetwork(guest)) {
      try {
        return await this.#overNetwork(guest.port, signal);
      } catch (error) {
        if (via === 'network' || !isFault(error, 'FORWARD_UNREACHABLE')) throw error;
        refusal = error;
      }
    }
    const access = await this.#access();
    try {
      return await access.connect(guest, user === undefined ? { signal } : { signal, user });
    } catch (error) {
      this.#tools.log.debug({ err: refusal }, 'the network did not lead there either');
      throw error;
    }
  }

  async #overNetwork(port: number, signal: AbortSignal): Promise<Duplex> {
    const socket = await this.#network.connect(port, signal);
    const target = `${socket.remoteAddress ?? ''}:${port}`;
    const reach = { privilege: 'forward', what: 'connect', target } as const;
    try {
      return await this.#tools.reaches.made(this.#instance, reach, async () => socket);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** One for all; a guest that was off when it was asked for is asked for again. */
  async #access(): Promise<GuestAccess> {
    this.#guest ??= accessGuest(this.#tools, this.#instance.id, { via: 'lane' });
    try {
      return await this.#guest;
    } catch (error) {
      this.#guest = undefined;
      throw error;
    }
  }

  #notOnNetwork(guest: GuestAddress): Fault {
    return new Fault(
      'unsupported',
      'ROAD_CANNOT',
      `The network of ${this.#instance.name} does not lead to ${wordOf(guest)}`,
      {
        hint: 'Leave out --via network: a lane leads to unix sockets, and to what the guest itself reaches.',
      },
    );
  }
}
