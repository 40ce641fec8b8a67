// How the metadata service listens, and what is so without a configuration.

export interface MetadataSettings {
  /** Of the host's own address in each network; guests ask at port 80 of 169.254.169.254. */
  readonly port: number;
  /** Whether guests may ask at fe80::a9fe:a9fe as well, where the host has IPv6. */
  readonly ipv6: boolean;
  /** Where Neutron's metadata proxy asks; null where there is none. */
  readonly proxy: ProxySettings | null;
}

export interface ProxySettings {
  readonly host: string;
  readonly port: number;
  /** Absolute: a file that holds what Neutron has as `metadata_proxy_shared_secret`. */
  readonly secretFile: string;
  /** The one in which Neutron has this host's ports, for `X-Tenant-ID`. */
  readonly project: string;
}

/** Nova's `project_id` of a host that has no Keystone, and what documents say. */
export const DEFAULT_PROJECT = 'novalet';

/** The port is that of Nova's metadata service. */
export const DEFAULT_METADATA: MetadataSettings = { port: 8775, ipv6: true, proxy: null };
