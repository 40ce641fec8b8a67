// What this folder asks of a libvirt connection; the classes of the binding have it.

export interface NetworkConnection {
  /** Throws `NETWORK_NOT_FOUND`. */
  networkByName(name: string): Promise<LibvirtNetwork>;
  listNetworks(): Promise<readonly ListedNetwork[]>;
  defineNetwork(xml: string): Promise<LibvirtNetwork>;
}

export interface ListedNetwork {
  readonly network: LibvirtNetwork;
  readonly name: string;
  readonly active: boolean;
}

export interface LibvirtNetwork {
  readonly name: string;
  xml(): Promise<string>;
  bridgeName(): Promise<string>;
  isActive(): Promise<boolean>;
  start(): Promise<void>;
  undefine(): Promise<void>;
  setAutostart(autostart: boolean): Promise<void>;
  update(change: NetworkChange, affects: NetworkAffects): Promise<void>;
  dhcpLeases(mac?: string): Promise<readonly NetworkLease[]>;
}

export interface NetworkChange {
  readonly command: 'add-last' | 'delete';
  readonly section: 'dhcp-host';
  readonly xml: string;
}

export interface NetworkAffects {
  readonly live: boolean;
  readonly config: boolean;
}

/** A lease that a network's dnsmasq gave out. */
export interface NetworkLease {
  readonly mac: string | undefined;
  readonly address: string;
  readonly prefix: number;
  readonly hostname: string | undefined;
}
