// A domain of a connection. Each method is one libvirt call; libvirt's documentation of that call applies.
import type { Secret } from '../base/index.ts';
import type { NativeDomain } from './addon.ts';
import { flags, NUMBERS, type WordOf, wordOf } from './constants.ts';
import { attempt } from './fault.ts';

export type DomainStateName = WordOf<'VIR_DOMAIN_'>;

export interface DomainState {
  readonly state: DomainStateName;
  /** A number whose meaning depends on the state (virDomainShutoffReason and so on). */
  readonly reason: number;
}

export interface DomainInfo {
  readonly state: DomainStateName;
  readonly maxMemoryKiB: number;
  readonly memoryKiB: number;
  readonly vcpus: number;
  readonly cpuTimeNs: number;
}

/** One line of a listing: read in the same round trip as all others. */
export interface DomainSummary extends DomainState {
  readonly domain: Domain;
  readonly name: string;
  readonly uuid: string;
}

/** Ways to ask the guest; libvirt tries the ones given, in its own order. */
export type PowerMode = 'acpi' | 'agent';

/** Where addresses are looked up: the network's leases, the guest's agent, the host's ARP table. */
export type AddressSource = 'lease' | 'agent' | 'arp';

export interface InterfaceAddresses {
  readonly name: string;
  readonly mac: string | undefined;
  readonly addresses: readonly {
    readonly family: 'ipv4' | 'ipv6' | 'unknown';
    readonly address: string;
    readonly prefix: number;
  }[];
}

export interface UndefineOptions {
  /** What becomes of the NVRAM file; when nothing is said and there is one, libvirt refuses. */
  readonly nvram?: 'remove' | 'keep';
  readonly managedSave?: boolean;
  readonly snapshotsMetadata?: boolean;
  readonly checkpointsMetadata?: boolean;
  /** What becomes of the emulated TPM's state; when nothing is said the domain's XML decides. Libvirt 8.9 and later. */
  readonly tpm?: 'remove' | 'keep';
}

/** What a change applies to; nothing said: what libvirt calls the current state, live or configured. */
export interface Affects {
  readonly live?: boolean;
  readonly config?: boolean;
}

export type MetadataKind = 'description' | 'title' | 'element';

/** An element under <metadata>: its namespace, and the prefix it is written with. */
export interface MetadataElement {
  readonly uri: string;
  readonly key: string;
  /** The element's XML; undefined removes it. */
  readonly xml: string | undefined;
}

export class Domain {
  readonly name: string;
  /** Lower case, with hyphens. */
  readonly uuid: string;
  readonly #native: NativeDomain;

  constructor(native: NativeDomain) {
    this.#native = native;
    this.name = native.name();
    this.uuid = native.uuid();
  }

  /** Starts a defined domain. Throws `LIBVIRT_STATE_CONFLICT` when it runs. */
  async start(options: { readonly paused?: boolean } = {}): Promise<void> {
    const wanted = flags(['VIR_DOMAIN_START_PAUSED', options.paused]);
    await this.#try('start', (native) => native.start(wanted));
  }

  /** The document; `secure` adds passwords of graphics and the like, and needs a connection that may write. */
  async xml(options: { readonly inactive?: boolean; readonly secure?: boolean } = {}): Promise<string> {
    const wanted = flags(
      ['VIR_DOMAIN_XML_INACTIVE', options.inactive],
      ['VIR_DOMAIN_XML_SECURE', options.secure],
    );
    return await this.#try('read the XML of', (native) => native.xml(wanted));
  }

  async state(): Promise<DomainState> {
    const { state, reason } = await this.#try('read the state of', (native) => native.state());
    return { state: wordOf('VIR_DOMAIN_', state), reason };
  }

  async info(): Promise<DomainInfo> {
    const info = await this.#try('read the figures of', (native) => native.info());
    return { ...info, state: wordOf('VIR_DOMAIN_', info.state) };
  }

  async isPersistent(): Promise<boolean> {
    return await this.#try('look at', (native) => native.isPersistent());
  }

  /** Asks the guest to power off; returns when asked. No modes: the hypervisor chooses. */
  async shutdown(modes: readonly PowerMode[] = []): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN', modes.includes('acpi')],
      ['VIR_DOMAIN_SHUTDOWN_GUEST_AGENT', modes.includes('agent')],
    );
    await this.#try('shut down', (native) => native.shutdown(wanted));
  }

  /** Asks the guest to reboot; returns when the request is made. */
  async reboot(modes: readonly PowerMode[] = []): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_REBOOT_ACPI_POWER_BTN', modes.includes('acpi')],
      ['VIR_DOMAIN_REBOOT_GUEST_AGENT', modes.includes('agent')],
    );
    await this.#try('reboot', (native) => native.reboot(wanted));
  }

  /** Presses the reset button: the guest is not asked. */
  async reset(): Promise<void> {
    await this.#try('reset', (native) => native.reset());
  }

  /** Pulls the plug; `graceful` sends no SIGKILL, and fails instead. Throws `LIBVIRT_STATE_CONFLICT` when it is off. */
  async destroy(options: { readonly graceful?: boolean } = {}): Promise<void> {
    const wanted = flags(['VIR_DOMAIN_DESTROY_GRACEFUL', options.graceful]);
    await this.#try('stop', (native) => native.destroy(wanted));
  }

  async undefine(options: UndefineOptions = {}): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_UNDEFINE_NVRAM', options.nvram === 'remove'],
      ['VIR_DOMAIN_UNDEFINE_KEEP_NVRAM', options.nvram === 'keep'],
      ['VIR_DOMAIN_UNDEFINE_MANAGED_SAVE', options.managedSave],
      ['VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA', options.snapshotsMetadata],
      ['VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA', options.checkpointsMetadata],
      ['VIR_DOMAIN_UNDEFINE_TPM', options.tpm === 'remove'],
      ['VIR_DOMAIN_UNDEFINE_KEEP_TPM', options.tpm === 'keep'],
    );
    await this.#try('undefine', (native) => native.undefine(wanted));
  }

  /** Pauses the virtual CPUs. */
  async suspend(): Promise<void> {
    await this.#try('pause', (native) => native.suspend());
  }

  async resume(): Promise<void> {
    await this.#try('resume', (native) => native.resume());
  }

  async setAutostart(autostart: boolean): Promise<void> {
    await this.#try('set the autostart of', (native) => native.setAutostart(autostart));
  }

  /** The title, the description, or the element of a namespace. Throws `DOMAIN_METADATA_NOT_FOUND`. */
  async metadata(kind: 'description' | 'title', affects?: Affects): Promise<string>;
  async metadata(kind: 'element', affects: Affects & { readonly uri: string }): Promise<string>;
  async metadata(kind: MetadataKind, affects: Affects & { readonly uri?: string } = {}): Promise<string> {
    return await this.#try('read the metadata of', (native) =>
      native.metadata(metadataType(kind), affects.uri, affectFlags(affects)),
    );
  }

  /** Sets or, with undefined, removes the title or the description. */
  async setText(
    kind: 'description' | 'title',
    text: string | undefined,
    affects: Affects = {},
  ): Promise<void> {
    await this.#try('change the metadata of', (native) =>
      native.setMetadata(metadataType(kind), text, undefined, undefined, affectFlags(affects)),
    );
  }

  /** Sets or removes the one element of a namespace under <metadata>. */
  async setMetadata(element: MetadataElement, affects: Affects = {}): Promise<void> {
    const type = NUMBERS.VIR_DOMAIN_METADATA_ELEMENT;
    await this.#try('change the metadata of', (native) =>
      native.setMetadata(type, element.xml, element.key, element.uri, affectFlags(affects)),
    );
  }

  /**
   * Sends one command to the guest's agent and gives its reply, both as JSON text. Libvirt corrupts requests of more
   * than some 200 KiB and loses replies of more than 4 MiB.
   * Throws `AGENT_UNRESPONSIVE` with an unknown outcome, `LIBVIRT_STATE_CONFLICT` when the domain does not run, and
   * `LIBVIRT_UNSUPPORTED` when it has no channel.
   */
  async agentCommand(json: string, timeoutSeconds: number): Promise<string> {
    return await this.#try('ask the agent of', (native) => native.agentCommand(json, timeoutSeconds));
  }

  /** How long libvirt's own calls of the agent wait; kept by libvirtd for this domain until it is changed. */
  async setAgentResponseTimeout(seconds: number): Promise<void> {
    await this.#try('set the agent timeout of', (native) => native.setAgentResponseTimeout(seconds));
  }

  /** Sets a password inside the guest through its agent; `encrypted`: it is a crypt(3) hash already. */
  async setUserPassword(
    user: string,
    password: Secret,
    options: { readonly encrypted?: boolean } = {},
  ): Promise<void> {
    const wanted = flags(['VIR_DOMAIN_PASSWORD_ENCRYPTED', options.encrypted]);
    await this.#try(`set the password of ${user} in`, (native) =>
      native.setUserPassword(user, password.reveal(), wanted),
    );
  }

  async interfaceAddresses(source: AddressSource): Promise<readonly InterfaceAddresses[]> {
    const found = await this.#try('read the addresses of', (native) =>
      native.interfaceAddresses(addressSource(source)),
    );
    return found.map(({ name, mac, addresses }) => ({
      name,
      mac,
      addresses: addresses.map(({ type, address, prefix }) => ({
        family: wordOf('VIR_IP_ADDR_TYPE_', type),
        address,
        prefix,
      })),
    }));
  }

  async attachDevice(xml: string, affects: Affects = {}): Promise<void> {
    await this.#try('attach a device to', (native) => native.attachDevice(xml, affectFlags(affects)));
  }

  /** Asks for a device to be removed; on a running domain a `device-removed` event says when it has gone. */
  async detachDevice(xml: string, affects: Affects = {}): Promise<void> {
    await this.#try('detach a device from', (native) => native.detachDevice(xml, affectFlags(affects)));
  }

  /** Changes what may be changed of a device, such as the medium of a CD-ROM drive. */
  async updateDevice(xml: string, affects: Affects = {}): Promise<void> {
    await this.#try('change a device of', (native) => native.updateDevice(xml, affectFlags(affects)));
  }

  async #try<T>(act: string, call: (native: NativeDomain) => Promise<T>): Promise<T> {
    return await attempt(`${act} domain ${this.name}`, async () => await call(this.#native));
  }
}

function affectFlags(affects: Affects): number {
  return flags(['VIR_DOMAIN_AFFECT_LIVE', affects.live], ['VIR_DOMAIN_AFFECT_CONFIG', affects.config]);
}

function metadataType(kind: MetadataKind): number {
  switch (kind) {
    case 'description':
      return NUMBERS.VIR_DOMAIN_METADATA_DESCRIPTION;
    case 'title':
      return NUMBERS.VIR_DOMAIN_METADATA_TITLE;
    case 'element':
      return NUMBERS.VIR_DOMAIN_METADATA_ELEMENT;
    default:
      return kind satisfies never;
  }
}

function addressSource(source: AddressSource): number {
  switch (source) {
    case 'lease':
      return NUMBERS.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE;
    case 'agent':
      return NUMBERS.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT;
    case 'arp':
      return NUMBERS.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP;
    default:
      return source satisfies never;
  }
}
