// The network's way to a guest: at an address that novalet itself knows to be the guest's. What a guest tells of its addresses is
// not believed, for it could name somebody else's.
import { connect, type Socket } from 'node:net';
import { errnoCode, Fault, within } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import { leasesOf } from '../../network/index.ts';
import type { Tools } from '../tools.ts';

const CONNECT_MS = 2000;
/** An address that says nothing is not waited for again so soon. */
const SILENCE_MS = 30_000;
const LOOK_AGAIN_MS = 10_000;
const MOST_ADDRESSES = 8;

export class NetworkRoad {
  readonly #tools: Tools;
  readonly #id: string;
  readonly #silentUntil = new Map<string, number>();
  #known: { readonly addresses: readonly string[]; readonly until: number } = { addresses: [], until: 0 };

  constructor(tools: Tools, instance: Instance) {
    this.#tools = tools;
    this.#id = instance.id;
  }

  /** Throws `FORWARD_UNREACHABLE`, with whether somebody was there and refused in `details.refused`. */
  async connect(port: number, signal: AbortSignal | undefined): Promise<Socket> {
    const addresses = await this.#addresses();
    let cause: unknown;
    for (const address of addresses) {
      if ((this.#silentUntil.get(address) ?? 0) > performance.now()) continue;
      try {
        return await connectTcp(address, port, signal);
      } catch (error) {
        if (signal?.aborted === true) throw error;
        cause = error;
        if (errnoCode(error) === 'ECONNREFUSED') break;
        this.#silentUntil.set(address, performance.now() + SILENCE_MS);
      }
    }
    throw this.#unreachable(addresses, { port, cause });
  }

  async #addresses(): Promise<readonly string[]> {
    if (this.#known.until > performance.now()) return this.#known.addresses;
    const addresses = await addressesOf(this.#tools, this.#tools.store.instances.find(this.#id));
    this.#known = { addresses, until: performance.now() + LOOK_AGAIN_MS };
    return addresses;
  }

  #unreachable(addresses: readonly string[], { port, cause }: { port: number; cause: unknown }): Fault {
    const { name } = this.#tools.store.instances.find(this.#id);
    const refused = errnoCode(cause) === 'ECONNREFUSED';
    const what =
      addresses.length === 0
        ? `novalet knows no address of ${name}`
        : `${name} ${refused ? 'refuses' : 'does not answer'} connections to port ${port} at ${addresses.join(', ')}`;
    return new Fault('unavailable', 'FORWARD_UNREACHABLE', what, {
      ...(cause === undefined ? {} : { cause }),
      details: { refused },
      hint: `See what listens there: novalet exec ${name} -- ss -tln; without --via network a lane leads to it as well.`,
    });
  }
}

/** Told, kept and leased ones, of all the guest's cards. */
async function addressesOf(tools: Tools, instance: Instance): Promise<readonly string[]> {
  const found = new Set(instance.ports.flatMap(({ fixedIps }) => fixedIps.map(({ address }) => address)));
  const byNetwork = new Map<string, string[]>();
  for (const { binding, mac } of instance.ports) {
    if (binding.kind !== 'network') continue;
    byNetwork.set(binding.network, [...(byNetwork.get(binding.network) ?? []), mac]);
  }
  for (const [network, macs] of byNetwork) {
    for (const { address } of await leasesOf(await tools.libvirt.control(), network, macs))
      found.add(address);
  }
  return [...found].slice(0, MOST_ADDRESSES);
}

async function connectTcp(host: string, port: number, signal: AbortSignal | undefined): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, allowHalfOpen: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', reject);
  try {
    await within(CONNECT_MS, `${host} to answer`, () => promise, { signal });
    socket.off('error', reject);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
