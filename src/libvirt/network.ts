// A virtual network of a connection. Each method is one libvirt call; libvirt's documentation of that call applies.

import type { NativeNetwork } from './addon.ts';
import type { Affects } from './affects.ts';
import { boundedCall, type CallLimits } from './bounded-call.ts';
import { flags, NUMBERS, wordOf } from './constants.ts';

export interface NetworkSummary {
  readonly network: Network;
  readonly name: string;
  readonly uuid: string;
  readonly active: boolean;
  readonly persistent: boolean;
}

export interface DhcpLease {
  /** The bridge on the host. */
  readonly interface: string;
  /** Undefined: the lease does not end. */
  readonly expiresAt: Date | undefined;
  readonly mac: string | undefined;
  readonly family: 'ipv4' | 'ipv6' | 'unknown';
  readonly address: string;
  readonly prefix: number;
  readonly hostname: string | undefined;
  readonly clientId: string | undefined;
  readonly iaid: string | undefined;
}

/** A part of a network's document that can change while it is active, and how. */
export interface NetworkUpdate {
  readonly command: 'modify' | 'delete' | 'add-last' | 'add-first';
  readonly section: 'dhcp-host' | 'dhcp-range' | 'dns-host' | 'dns-txt' | 'dns-srv' | 'portgroup';
  /** The element's XML; for `delete`, enough of it to recognise it. */
  readonly xml: string;
  /** Which parent is meant (the n-th <ip>, say), from 0; nothing said: the one that fits. */
  readonly parentIndex?: number;
}

const COMMANDS = {
  modify: NUMBERS.VIR_NETWORK_UPDATE_COMMAND_MODIFY,
  delete: NUMBERS.VIR_NETWORK_UPDATE_COMMAND_DELETE,
  'add-last': NUMBERS.VIR_NETWORK_UPDATE_COMMAND_ADD_LAST,
  'add-first': NUMBERS.VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST,
} as const;

const SECTIONS = {
  'dhcp-host': NUMBERS.VIR_NETWORK_SECTION_IP_DHCP_HOST,
  'dhcp-range': NUMBERS.VIR_NETWORK_SECTION_IP_DHCP_RANGE,
  'dns-host': NUMBERS.VIR_NETWORK_SECTION_DNS_HOST,
  'dns-txt': NUMBERS.VIR_NETWORK_SECTION_DNS_TXT,
  'dns-srv': NUMBERS.VIR_NETWORK_SECTION_DNS_SRV,
  portgroup: NUMBERS.VIR_NETWORK_SECTION_PORTGROUP,
} as const;

export class Network {
  readonly name: string;
  readonly uuid: string;
  readonly #native: NativeNetwork;
  readonly #limits: CallLimits;

  constructor(native: NativeNetwork, limits: CallLimits) {
    this.#native = native;
    this.#limits = limits;
    this.name = native.name();
    this.uuid = native.uuid();
  }

  /** Starts a defined network. Throws `LIBVIRT_STATE_CONFLICT` when it is active. */
  async start(): Promise<void> {
    await this.#try('start', (native) => native.start());
  }

  /** Stops the network; its definition, if it has one, stays. */
  async destroy(): Promise<void> {
    await this.#try('stop', (native) => native.destroy());
  }

  async undefine(): Promise<void> {
    await this.#try('undefine', (native) => native.undefine());
  }

  async xml(options: { readonly inactive?: boolean } = {}): Promise<string> {
    const wanted = flags(['VIR_NETWORK_XML_INACTIVE', options.inactive]);
    return await this.#try('read the XML of', (native) => native.xml(wanted));
  }

  /** The name of the bridge on the host. */
  async bridgeName(): Promise<string> {
    return await this.#try('read the bridge of', (native) => native.bridgeName());
  }

  async isActive(): Promise<boolean> {
    return await this.#try('look at', (native) => native.isActive());
  }

  async isPersistent(): Promise<boolean> {
    return await this.#try('look at', (native) => native.isPersistent());
  }

  async autostart(): Promise<boolean> {
    return await this.#try('read the autostart of', (native) => native.autostart());
  }

  async setAutostart(autostart: boolean): Promise<void> {
    await this.#try('set the autostart of', (native) => native.setAutostart(autostart));
  }

  /** Changes a part of the document; with nothing said of live and config: of the active network if it is active. */
  async update(update: NetworkUpdate, affects: Affects = {}): Promise<void> {
    const wanted = flags(
      ['VIR_NETWORK_UPDATE_AFFECT_LIVE', affects.live],
      ['VIR_NETWORK_UPDATE_AFFECT_CONFIG', affects.config],
    );
    await this.#try('update', (native) =>
      native.update(
        COMMANDS[update.command],
        SECTIONS[update.section],
        update.parentIndex ?? -1,
        update.xml,
        wanted,
      ),
    );
  }

  /** The leases that the network's DHCP server has given out, of all or of one MAC address. */
  async dhcpLeases(mac?: string): Promise<readonly DhcpLease[]> {
    const leases = await this.#try('read the leases of', (native) => native.dhcpLeases(mac));
    return leases.map((lease) => ({
      interface: lease.interface,
      expiresAt: lease.expires === 0 ? undefined : new Date(lease.expires * 1000),
      mac: lease.mac,
      family: wordOf('VIR_IP_ADDR_TYPE_', lease.type),
      address: lease.address,
      prefix: lease.prefix,
      hostname: lease.hostname,
      clientId: lease.clientId,
      iaid: lease.iaid,
    }));
  }

  async #try<T>(act: string, call: (native: NativeNetwork) => Promise<T>): Promise<T> {
    return await boundedCall(
      `${act} network ${this.name}`,
      async () => await call(this.#native),
      this.#limits,
    );
  }
}
