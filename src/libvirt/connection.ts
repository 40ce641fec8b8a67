// A connection to libvirt: opened and closed here, and where domains and networks come from.
// Knows no XML: documents go in and out as text.
import { isFault, throwIfCancelled, within } from '../base/index.ts';
import { loadAddon, type NativeConnection, type NodeInfo } from './addon.ts';
import { boundedCall, type CallLimits, callLimits, UNBOUNDED } from './bounded-call.ts';
import { flags, wordOf } from './constants.ts';
import { Domain, type DomainSummary } from './domain.ts';
import { type LibvirtEvent, type SubscribeOptions, Subscription } from './events.ts';
import { attempt } from './fault.ts';
import { Network, type NetworkSummary } from './network.ts';
import { type RestoreOptions, saveFlags } from './saved.ts';
import {
  type DomainStats,
  type DomainStatsOptions,
  type NodeCpuStats,
  type NodeMemoryStats,
  type StatsGroup,
  statsFlags,
  statsGroups,
} from './statistics.ts';

// libvirtd serves five calls of one connection at a time (max_client_requests); one is left for closing.
const MAX_WORKERS = 4;
const DEFAULT_MAX_QUEUED = 256;
const DEFAULT_OPEN_TIMEOUT_MS = 30_000;
// virsh's own defaults: a server that is silent for 30 s is taken for dead.
const DEFAULT_KEEP_ALIVE = { intervalSeconds: 5, count: 6 };
// How long close() waits for calls that libvirt has not answered; they end by themselves later.
const CLOSE_GRACE_MS = 1000;
// For a connection, and for the answer to one small call, after another call was given up.
const ASK_ANEW_MS = 5000;

export interface KeepAlive {
  /** 0: none. */
  readonly intervalSeconds: number;
  readonly count: number;
}

export interface OpenOptions {
  /** Only look: libvirt then refuses all changes, and secrets in documents. */
  readonly readOnly?: boolean;
  /** Calls that may wait for a worker; one more is refused with `LIBVIRT_QUEUE_FULL`. Default 256. */
  readonly maxQueued?: number;
  readonly signal?: AbortSignal | undefined;
  /** Default 30 s. */
  readonly timeoutMs?: number;
  /** How a dead server is noticed; default every 5 s, 6 times. */
  readonly keepAlive?: KeepAlive;
  /** How long a call may take that does not read or write memory, before `LIBVIRT_CALL_TIMEOUT`. Default 5 minutes. */
  readonly callTimeoutMs?: number;
}

/**
 * Opens a connection, such as to `qemu:///system`. Throws `LIBVIRT_UNREACHABLE`, `LIBVIRT_DENIED`,
 * `LIBVIRT_URI_INVALID`, `LIBVIRT_OPEN_TIMEOUT`, `CANCELLED`, or `ADDON_MISSING` and its kin.
 */
export async function openConnection(uri: string, options: OpenOptions = {}): Promise<Connection> {
  throwIfCancelled(options.signal, `the connection to ${uri}`);
  const addon = loadAddon();
  const native = new addon.Connection(MAX_WORKERS, options.maxQueued ?? DEFAULT_MAX_QUEUED);
  const { intervalSeconds, count } = options.keepAlive ?? DEFAULT_KEEP_ALIVE;
  try {
    await within(
      options.timeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS,
      `libvirt at ${uri} to answer`,
      async () =>
        await attempt(
          { act: `connect to libvirt at ${uri}`, opening: isSession(uri) ? 'session' : 'system' },
          async () => await native.open(uri, options.readOnly ?? false, intervalSeconds, count),
        ),
      {
        signal: options.signal,
        code: 'LIBVIRT_OPEN_TIMEOUT',
        hint: 'libvirtd takes connections but does not answer: see its log, or restart it.',
      },
    );
  } catch (error) {
    void native.close(); // never fails; waiting for it could take as long as what was given up
    throw error;
  }
  return new Connection(uri, native, options.callTimeoutMs);
}

/** Throws where libvirtd takes no connection, or does not answer over it. */
async function askAnew(uri: string): Promise<void> {
  await using connection = await openConnection(uri, { timeoutMs: ASK_ANEW_MS });
  await within(ASK_ANEW_MS, `libvirt at ${uri} to answer`, () => connection.versions());
}

function isSession(uri: string): boolean {
  return URL.canParse(uri) && new URL(uri).pathname === '/session';
}

/** Which domains or networks a listing gives; nothing said: all. */
export interface ListOptions {
  readonly active?: boolean;
}

export interface CreateDomainOptions {
  readonly paused?: boolean;
  /** Check the document against libvirt's schema first. */
  readonly validate?: boolean;
  /** Stop the domain when this connection closes, however it closes. */
  readonly autoDestroy?: boolean;
}

export class Connection implements AsyncDisposable {
  /** As it was given to `openConnection`. */
  readonly uri: string;
  readonly #native: NativeConnection;
  readonly #limits: CallLimits;
  readonly #subscriptions = new Set<Subscription>();
  #closing: Promise<void> | undefined;

  constructor(uri: string, native: NativeConnection, callTimeoutMs?: number) {
    this.uri = uri;
    this.#native = native;
    this.#limits = callLimits(async () => await askAnew(uri), callTimeoutMs);
  }

  /**
   * Closes the connection. Calls that still wait fail with `LIBVIRT_CONNECTION_CLOSED` at once, those that libvirt is
   * working on with an unknown outcome. Returns when the connection is gone, or after a second; never throws.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Whether the connection is open and libvirt has not found it dead. Answers at once, even when every call hangs. */
  async isAlive(): Promise<boolean> {
    return this.#native.isAlive();
  }

  /** Throws `LIBVIRT_UNSUPPORTED` where the driver has no connection to keep alive, such as test:///default. */
  async setKeepAlive(intervalSeconds: number, count: number): Promise<void> {
    await this.#try('keep the connection alive', (native) => native.setKeepAlive(intervalSeconds, count));
  }

  async hostname(): Promise<string> {
    return await this.#try("read the host's name", (native) => native.hostname());
  }

  /** The URI that libvirt really uses. */
  async canonicalUri(): Promise<string> {
    return await this.#try('read the URI', (native) => native.uri());
  }

  /** The host's capabilities document. */
  async capabilities(): Promise<string> {
    return await this.#try('read the capabilities', (native) => native.capabilities());
  }

  /** The domain capabilities document for one kind of domain; what is not said, libvirt chooses. */
  async domainCapabilities(
    wanted: {
      readonly emulator?: string;
      readonly arch?: string;
      readonly machine?: string;
      readonly virtType?: string;
    } = {},
  ): Promise<string> {
    return await this.#try('read the domain capabilities', (native) =>
      native.domainCapabilities(wanted.emulator, wanted.arch, wanted.machine, wanted.virtType),
    );
  }

  /** `{ libvirt: '9.0.0', hypervisor: '7.2.22' }`: the server's libvirt, and QEMU. */
  async versions(): Promise<{ readonly libvirt: string; readonly hypervisor: string }> {
    const { libvirt, hypervisor } = await this.#try('read the versions', (native) => native.versions());
    return { libvirt: versionText(libvirt), hypervisor: versionText(hypervisor) };
  }

  async nodeInfo(): Promise<NodeInfo> {
    return await this.#try('read the host', (native) => native.nodeInfo());
  }

  /** Defines a domain, or changes the definition of the one with the same name and UUID. */
  async defineDomain(xml: string, options: { readonly validate?: boolean } = {}): Promise<Domain> {
    const wanted = flags(['VIR_DOMAIN_DEFINE_VALIDATE', options.validate]);
    return new Domain(
      await this.#try('define a domain', (native) => native.defineDomain(xml, wanted)),
      this.#limits,
    );
  }

  /** Starts a domain from its document; it is transient unless it is defined already. */
  async createDomain(xml: string, options: CreateDomainOptions = {}): Promise<Domain> {
    const wanted = flags(
      ['VIR_DOMAIN_START_PAUSED', options.paused],
      ['VIR_DOMAIN_START_VALIDATE', options.validate],
      ['VIR_DOMAIN_START_AUTODESTROY', options.autoDestroy],
    );
    return new Domain(
      await this.#try('create a domain', (native) => native.createDomain(xml, wanted), UNBOUNDED),
      this.#limits,
    );
  }

  /** Throws `DOMAIN_NOT_FOUND`. */
  async domainByName(name: string): Promise<Domain> {
    return new Domain(
      await this.#try(`find domain ${name}`, (native) => native.domainByName(name)),
      this.#limits,
    );
  }

  /** Throws `DOMAIN_NOT_FOUND`. */
  async domainByUuid(uuid: string): Promise<Domain> {
    return new Domain(
      await this.#try(`find domain ${uuid}`, (native) => native.domainByUuid(uuid)),
      this.#limits,
    );
  }

  /** The domain, or undefined when libvirt says that there is none. */
  async findDomain(by: { readonly name: string } | { readonly uuid: string }): Promise<Domain | undefined> {
    const looking = 'uuid' in by ? this.domainByUuid(by.uuid) : this.domainByName(by.name);
    return await orUndefined(looking, 'DOMAIN_NOT_FOUND');
  }

  /** All domains with their states, in one round trip. */
  async listDomains(options: ListOptions = {}): Promise<readonly DomainSummary[]> {
    const wanted = flags(
      ['VIR_CONNECT_LIST_DOMAINS_ACTIVE', options.active === true],
      ['VIR_CONNECT_LIST_DOMAINS_INACTIVE', options.active === false],
    );
    const listed = await this.#try('list the domains', (native) => native.listDomains(wanted));
    return listed.map(({ domain: native, state, reason }) => {
      const domain = new Domain(native, this.#limits);
      return { domain, name: domain.name, uuid: domain.uuid, state: wordOf('VIR_DOMAIN_', state), reason };
    });
  }

  /** Figures of the given domains, or of all, in one round trip. A domain that went away is left out. */
  async domainStats(
    domains: readonly Domain[] | 'all',
    groups: readonly StatsGroup[],
    options: DomainStatsOptions = {},
  ): Promise<readonly DomainStats[]> {
    if (domains.length === 0) return [];
    const asked = domains === 'all' ? undefined : domains.map(Domain.nativeOf);
    return await this.#try('read the figures of domains', (native) =>
      native.domainStats(asked, statsGroups(groups), statsFlags(options)),
    );
  }

  async nodeCpuStats(): Promise<NodeCpuStats> {
    return await this.#try("read the figures of the host's processors", (native) => native.nodeCpuStats());
  }

  async nodeMemoryStats(): Promise<NodeMemoryStats> {
    return await this.#try("read the figures of the host's memory", (native) => native.nodeMemoryStats());
  }

  /** Bytes. */
  async freeMemory(): Promise<number> {
    return await this.#try("read the host's free memory", (native) => native.freeMemory());
  }

  /** Starts the domain whose memory `domain.save` wrote to a file; the file stays. */
  async restore(path: string, options: RestoreOptions = {}): Promise<void> {
    const restore = (native: NativeConnection) => native.restore(path, options.xml, saveFlags(options));
    await this.#try(`restore a domain from ${path}`, restore, UNBOUNDED);
  }

  /** The document in a file that `domain.save` wrote. */
  async saveImageXml(path: string, options: { readonly secure?: boolean } = {}): Promise<string> {
    const wanted = flags(['VIR_DOMAIN_SAVE_IMAGE_XML_SECURE', options.secure]);
    return await this.#try(`read the XML in ${path}`, (native) => native.saveImageXml(path, wanted));
  }

  /** Changes the document in a file that `domain.save` wrote, and how the domain goes on. */
  async saveImageDefineXml(
    path: string,
    xml: string,
    options: { readonly state?: 'running' | 'paused' } = {},
  ): Promise<void> {
    await this.#try(`change the XML in ${path}`, (native) =>
      native.saveImageDefineXml(path, xml, saveFlags(options)),
    );
  }

  async defineNetwork(xml: string, options: { readonly validate?: boolean } = {}): Promise<Network> {
    const wanted = flags(['VIR_NETWORK_DEFINE_VALIDATE', options.validate]);
    return new Network(
      await this.#try('define a network', (native) => native.defineNetwork(xml, wanted)),
      this.#limits,
    );
  }

  /** Starts a transient network from its document. */
  async createNetwork(xml: string, options: { readonly validate?: boolean } = {}): Promise<Network> {
    const wanted = flags(['VIR_NETWORK_CREATE_VALIDATE', options.validate]);
    return new Network(
      await this.#try('create a network', (native) => native.createNetwork(xml, wanted)),
      this.#limits,
    );
  }

  /** Throws `NETWORK_NOT_FOUND`. */
  async networkByName(name: string): Promise<Network> {
    return new Network(
      await this.#try(`find network ${name}`, (native) => native.networkByName(name)),
      this.#limits,
    );
  }

  /** Throws `NETWORK_NOT_FOUND`. */
  async networkByUuid(uuid: string): Promise<Network> {
    return new Network(
      await this.#try(`find network ${uuid}`, (native) => native.networkByUuid(uuid)),
      this.#limits,
    );
  }

  /** The network, or undefined when libvirt says that there is none. */
  async findNetwork(by: { readonly name: string } | { readonly uuid: string }): Promise<Network | undefined> {
    const looking = 'uuid' in by ? this.networkByUuid(by.uuid) : this.networkByName(by.name);
    return await orUndefined(looking, 'NETWORK_NOT_FOUND');
  }

  async listNetworks(options: ListOptions = {}): Promise<readonly NetworkSummary[]> {
    const wanted = flags(
      ['VIR_CONNECT_LIST_NETWORKS_ACTIVE', options.active === true],
      ['VIR_CONNECT_LIST_NETWORKS_INACTIVE', options.active === false],
    );
    const listed = await this.#try('list the networks', (native) => native.listNetworks(wanted));
    return listed.map(({ network: native, active, persistent }) => {
      const network = new Network(native, this.#limits);
      return { network, name: network.name, uuid: network.uuid, active, persistent };
    });
  }

  /**
   * Subscribes to the events of all domains and of the connection. Every event after this promise is fulfilled is in
   * the subscription, so "subscribe, then look" misses nothing. Dispose of it when done.
   */
  async subscribe(options: SubscribeOptions = {}): Promise<Subscription> {
    throwIfCancelled(options.signal, 'libvirt events');
    const { promise: numbered, resolve } = Promise.withResolvers<number | undefined>();
    const subscription = new Subscription(async () => {
      if (!this.#subscriptions.delete(subscription)) return;
      const number = await numbered;
      if (number !== undefined) this.#native.unsubscribe(number);
    }, options);
    this.#subscriptions.add(subscription);
    try {
      resolve(await this.#try('subscribe to events', (native) => native.subscribe(subscription.listener)));
    } catch (error) {
      resolve(undefined);
      await subscription[Symbol.asyncDispose]();
      throw error;
    }
    return subscription;
  }

  /** The events from the moment the iteration begins; to look after subscribing, use `subscribe`. */
  async *events(signal?: AbortSignal): AsyncGenerator<LibvirtEvent, void, undefined> {
    await using subscription = await this.subscribe({ signal });
    yield* subscription;
  }

  async #close(): Promise<void> {
    const closed = this.#native.close();
    for (const subscription of this.#subscriptions) {
      subscription.deliver({ kind: 'closed', reason: 'client' });
    }
    const { promise: graceOver, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_GRACE_MS);
    await Promise.race([closed, graceOver]);
    clearTimeout(timer);
  }

  async #try<T>(act: string, call: (native: NativeConnection) => Promise<T>, timeoutMs?: number): Promise<T> {
    return await boundedCall(act, async () => await call(this.#native), this.#limits, { timeoutMs });
  }
}

async function orUndefined<T>(looking: Promise<T>, code: string): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (isFault(error, code)) return undefined;
    throw error;
  }
}

/** 9000000 → `9.0.0` (virConnectGetLibVersion: major * 1000000 + minor * 1000 + release). */
function versionText(number: number): string {
  const parts = [Math.floor(number / 1_000_000), Math.floor(number / 1000) % 1000, number % 1000];
  return parts.join('.');
}
