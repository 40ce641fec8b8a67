// A domain of a connection. Each method is one libvirt call; libvirt's documentation of that call applies.
import type { Secret } from '../base/index.ts';
import { type Affects, affectFlags } from './affects.ts';
import { boundedCall, type CallLimits, UNBOUNDED } from './bounded-call.ts';
import { flags, NUMBERS, type WordOf, wordOf } from './constants.ts';
import { DomainBlock } from './domain-block.ts';
import type { DomainCall } from './domain-call.ts';
import { DomainJobs } from './domain-jobs.ts';
import { DomainCheckpoints, DomainSnapshots } from './domain-snapshots.ts';
import type { NativeDomain } from './native-domain.ts';
import { type SaveOptions, saveFlags } from './saved.ts';
import { Stream, type StreamOptions } from './stream.ts';

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

/** `maximum`: the limit, which only the definition can change; `guest`: as the guest's agent sets and sees it. */
export interface VcpuAffects extends Affects {
  readonly maximum?: boolean;
  readonly guest?: boolean;
}

/** Which numbers keys are given in (virKeycodeSet); `linux`: those of linux/input-event-codes.h. */
export type KeyCodeset = 'linux' | 'xt' | 'atset1' | 'usb' | 'qnum';

export interface Screenshot extends AsyncDisposable {
  /** `image/x-portable-pixmap`, `image/png` … */
  readonly mimeType: string;
  readonly stream: Stream;
}

export type MetadataKind = 'description' | 'title' | 'element';

/** An element under <metadata>: its namespace, and the prefix it is written with. */
export interface MetadataElement {
  readonly uri: string;
  readonly key: string;
  /** The element's XML; undefined removes it. */
  readonly xml: string | undefined;
}

const CODESETS: Readonly<Record<KeyCodeset, number>> = {
  linux: NUMBERS.VIR_KEYCODE_SET_LINUX,
  xt: NUMBERS.VIR_KEYCODE_SET_XT,
  atset1: NUMBERS.VIR_KEYCODE_SET_ATSET1,
  usb: NUMBERS.VIR_KEYCODE_SET_USB,
  qnum: NUMBERS.VIR_KEYCODE_SET_QNUM,
};

const TALK_BYTES = 4 * 1024 * 1024;
const PICTURE_BYTES = 64 * 1024 * 1024;

export class Domain {
  readonly name: string;
  /** Lower case, with hyphens. */
  readonly uuid: string;
  /** Its disks, and their jobs. */
  readonly block: DomainBlock;
  readonly snapshots: DomainSnapshots;
  readonly checkpoints: DomainCheckpoints;
  /** Its one job, and backups. */
  readonly jobs: DomainJobs;
  readonly #native: NativeDomain;
  readonly #limits: CallLimits;

  constructor(native: NativeDomain, limits: CallLimits) {
    this.#native = native;
    this.#limits = limits;
    this.name = native.name();
    this.uuid = native.uuid();
    const call: DomainCall = async (act, run) => await this.#try(act, run);
    this.block = new DomainBlock(call);
    this.snapshots = new DomainSnapshots(call);
    this.checkpoints = new DomainCheckpoints(call);
    this.jobs = new DomainJobs(call);
  }

  /** Only for Connection. */
  static nativeOf(domain: Domain): NativeDomain {
    return domain.#native;
  }

  /** Starts a defined domain, or reads its saved memory back: the caller bounds it. Throws `LIBVIRT_STATE_CONFLICT` when it runs. */
  async start(options: { readonly paused?: boolean } = {}): Promise<void> {
    const wanted = flags(['VIR_DOMAIN_START_PAUSED', options.paused]);
    await this.#try('start', (native) => native.start(wanted), UNBOUNDED);
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
    return await this.#try(
      'ask the agent of',
      (native) => native.agentCommand(json, timeoutSeconds),
      UNBOUNDED,
    );
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

  /** Changes what may be changed of a device, such as the medium of a CD-ROM drive; `force`: also of one that is locked. */
  async updateDevice(xml: string, affects: Affects & { readonly force?: boolean } = {}): Promise<void> {
    const wanted = affectFlags(affects) | flags(['VIR_DOMAIN_DEVICE_MODIFY_FORCE', affects.force]);
    await this.#try('change a device of', (native) => native.updateDevice(xml, wanted));
  }

  /** Asks for the device with this alias to be removed, as `detachDevice` does. */
  async detachDeviceAlias(alias: string, affects: Affects = {}): Promise<void> {
    await this.#try(`detach ${alias} from`, (native) =>
      native.detachDeviceAlias(alias, affectFlags(affects)),
    );
  }

  /**
   * Writes the memory to a file that libvirt keeps, and stops the domain; the next `start` goes on from it. Holds one of
   * the connection's four workers for as long as the memory takes to write, as `save`, `restore`, snapshots with memory
   * and going back to them do: for those a connection of their own is better.
   */
  async managedSave(options: SaveOptions = {}): Promise<void> {
    await this.#try('save', (native) => native.managedSave(saveFlags(options)), UNBOUNDED);
  }

  async hasManagedSave(): Promise<boolean> {
    return await this.#try('look at', (native) => native.hasManagedSave());
  }

  async removeManagedSave(): Promise<void> {
    await this.#try('remove the saved state of', (native) => native.removeManagedSave());
  }

  /** Writes the memory to a file of the caller's, and stops the domain; `connection.restore` goes on from it. */
  async save(path: string, options: SaveOptions & { readonly xml?: string } = {}): Promise<void> {
    await this.#try('save', (native) => native.save(path, options.xml, saveFlags(options)), UNBOUNDED);
  }

  /** Sets the guest's clock through its agent. */
  async setTime(seconds: number, nanoseconds = 0): Promise<void> {
    await this.#try('set the clock of', (native) => native.setTime(seconds, nanoseconds, 0));
  }

  /** Has the guest set its clock from its RTC. */
  async syncTime(): Promise<void> {
    const wanted = flags(['VIR_DOMAIN_TIME_SYNC', true]);
    await this.#try('set the clock of', (native) => native.setTime(0, 0, wanted));
  }

  async setVcpus(count: number, affects: VcpuAffects = {}): Promise<void> {
    await this.#try('set the processors of', (native) => native.setVcpus(count, vcpuFlags(affects)));
  }

  /** How many processors; nothing said: those of the current state, live or configured. */
  async vcpus(affects: VcpuAffects = {}): Promise<number> {
    return await this.#try('count the processors of', (native) => native.vcpus(vcpuFlags(affects)));
  }

  /** Sets the balloon's size, or with `maximum` the memory that the definition gives. */
  async setMemory(kiB: number, affects: Affects & { readonly maximum?: boolean } = {}): Promise<void> {
    const wanted = flags(
      ['VIR_DOMAIN_MEM_LIVE', affects.live],
      ['VIR_DOMAIN_MEM_CONFIG', affects.config],
      ['VIR_DOMAIN_MEM_MAXIMUM', affects.maximum],
    );
    await this.#try('set the memory of', (native) => native.setMemory(kiB, wanted));
  }

  /** Wakes a guest that sleeps in its memory. */
  async pmWakeup(): Promise<void> {
    await this.#try('wake', (native) => native.pmWakeup());
  }

  async injectNmi(): Promise<void> {
    await this.#try('send an NMI to', (native) => native.injectNmi());
  }

  /** Presses keys together, 16 at most, and lets them go after a while. */
  async sendKeys(codeset: KeyCodeset, holdMs: number, codes: readonly number[]): Promise<void> {
    await this.#try('press keys of', (native) => native.sendKeys(CODESETS[codeset], holdMs, codes));
  }

  /** Sends one QMP command to QEMU behind libvirt's back, and gives its reply, both as JSON text. Taints the domain. */
  async qemuMonitorCommand(json: string): Promise<string> {
    return await this.#try('ask the monitor of', (native) => native.monitorCommand(json));
  }

  /**
   * Opens a console, serial or parallel device: the one with this alias, or the first. `force` takes it from who has
   * it; `safe` fails when the driver cannot keep two apart. Libvirtd 9.0 has been seen to crash when consoles were taken
   * by force at the moment that their holders left: use `force` only when a person asks for it.
   */
  async openConsole(
    alias?: string,
    options: StreamOptions & { readonly force?: boolean; readonly safe?: boolean } = {},
  ): Promise<Stream> {
    const wanted = flags(
      ['VIR_DOMAIN_CONSOLE_FORCE', options.force],
      ['VIR_DOMAIN_CONSOLE_SAFE', options.safe],
    );
    const maxUnread = options.maxUnread ?? TALK_BYTES;
    const native = await this.#try('open the console of', (domain) =>
      domain.openConsole(alias, wanted, maxUnread),
    );
    return new Stream(native, `the console of domain ${this.name}`);
  }

  /** Opens a channel by its target's name or its alias; nothing said: the first. */
  async openChannel(
    name?: string,
    options: StreamOptions & { readonly force?: boolean } = {},
  ): Promise<Stream> {
    const wanted = flags(['VIR_DOMAIN_CHANNEL_FORCE', options.force]);
    const maxUnread = options.maxUnread ?? TALK_BYTES;
    const native = await this.#try('open a channel of', (domain) =>
      domain.openChannel(name, wanted, maxUnread),
    );
    return new Stream(native, `the channel ${name ?? ''} of domain ${this.name}`);
  }

  /** A picture of a screen, as QEMU draws it at this moment; read the stream to its end. */
  async screenshot(screen = 0, options: StreamOptions = {}): Promise<Screenshot> {
    const maxUnread = options.maxUnread ?? PICTURE_BYTES;
    const { mimeType, stream: native } = await this.#try('take a picture of', (domain) =>
      domain.screenshot(screen, maxUnread),
    );
    const stream = new Stream(native, `the picture of domain ${this.name}`);
    return { mimeType, stream, [Symbol.asyncDispose]: async () => await stream[Symbol.asyncDispose]() };
  }

  async #try<T>(act: string, call: (native: NativeDomain) => Promise<T>, timeoutMs?: number): Promise<T> {
    return await boundedCall(
      `${act} domain ${this.name}`,
      async () => await call(this.#native),
      this.#limits,
      {
        timeoutMs,
        domain: this.name,
      },
    );
  }
}

function vcpuFlags(affects: VcpuAffects): number {
  return flags(
    ['VIR_DOMAIN_VCPU_LIVE', affects.live],
    ['VIR_DOMAIN_VCPU_CONFIG', affects.config],
    ['VIR_DOMAIN_VCPU_MAXIMUM', affects.maximum],
    ['VIR_DOMAIN_VCPU_GUEST', affects.guest],
  );
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
