// The compiled addon: found, loaded on first use, and typed. What its methods take is native/addon's business;
// they return promises and fail with an Error that carries `failure` (see fault.ts).
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Fault } from '../base/index.ts';
import type { NativeAddress, NativeDomain, TypedValues } from './native-domain.ts';

/** kInterfaceVersion of native/addon/addon.cc. */
const INTERFACE_VERSION = 2;

export interface NativeLease extends NativeAddress {
  readonly interface: string;
  readonly expires: number;
  readonly mac?: string;
  readonly iaid?: string;
  readonly hostname?: string;
  readonly clientId?: string;
}

export interface NativeNetwork {
  name(): string;
  uuid(): string;
  start(): Promise<void>;
  destroy(): Promise<void>;
  undefine(): Promise<void>;
  xml(flags: number): Promise<string>;
  bridgeName(): Promise<string>;
  isActive(): Promise<boolean>;
  isPersistent(): Promise<boolean>;
  autostart(): Promise<boolean>;
  setAutostart(autostart: boolean): Promise<void>;
  update(command: number, section: number, parentIndex: number, xml: string, flags: number): Promise<void>;
  dhcpLeases(mac: string | undefined): Promise<readonly NativeLease[]>;
}

export interface NativeEvent {
  /** Event::Kind of native/core/events.h, which also says what the numbers are. */
  readonly kind: number;
  readonly name: string;
  readonly uuid: string;
  readonly first: number;
  readonly second: number;
  readonly alias: string;
  readonly text: string;
  readonly params: TypedValues;
  /** Events before this one were dropped. */
  readonly lost: boolean;
}

export interface NodeInfo {
  readonly model: string;
  readonly memoryKiB: number;
  readonly cpus: number;
  readonly mhz: number;
  readonly numaNodes: number;
  readonly sockets: number;
  readonly cores: number;
  readonly threads: number;
}

export interface NativeConnection {
  open(uri: string, readOnly: boolean, keepAliveSeconds: number, keepAliveCount: number): Promise<void>;
  close(): Promise<void>;
  subscribe(listener: (event: NativeEvent) => void): Promise<number>;
  unsubscribe(number: number): void;
  isAlive(): boolean;
  setKeepAlive(intervalSeconds: number, count: number): Promise<number>;
  hostname(): Promise<string>;
  uri(): Promise<string>;
  capabilities(): Promise<string>;
  domainCapabilities(emulator?: string, arch?: string, machine?: string, virtType?: string): Promise<string>;
  versions(): Promise<{ readonly libvirt: number; readonly hypervisor: number }>;
  nodeInfo(): Promise<NodeInfo>;
  defineDomain(xml: string, flags: number): Promise<NativeDomain>;
  createDomain(xml: string, flags: number): Promise<NativeDomain>;
  domainByName(name: string): Promise<NativeDomain>;
  domainByUuid(uuid: string): Promise<NativeDomain>;
  listDomains(
    flags: number,
  ): Promise<readonly { readonly domain: NativeDomain; readonly state: number; readonly reason: number }[]>;
  domainStats(
    domains: readonly NativeDomain[] | undefined,
    groups: number,
    flags: number,
  ): Promise<readonly { readonly name: string; readonly uuid: string; readonly values: TypedValues }[]>;
  nodeCpuStats(): Promise<Readonly<Record<string, number>>>;
  nodeMemoryStats(): Promise<Readonly<Record<string, number>>>;
  freeMemory(): Promise<number>;
  restore(path: string, xml: string | undefined, flags: number): Promise<void>;
  saveImageXml(path: string, flags: number): Promise<string>;
  saveImageDefineXml(path: string, xml: string, flags: number): Promise<void>;
  defineNetwork(xml: string, flags: number): Promise<NativeNetwork>;
  createNetwork(xml: string, flags: number): Promise<NativeNetwork>;
  networkByName(name: string): Promise<NativeNetwork>;
  networkByUuid(uuid: string): Promise<NativeNetwork>;
  listNetworks(
    flags: number,
  ): Promise<
    readonly { readonly network: NativeNetwork; readonly active: boolean; readonly persistent: boolean }[]
  >;
}

export interface NativeFilePipe {
  path(): string;
  close(): { readonly bytes: number; readonly isWhole: boolean; readonly errno: number };
}

export interface Addon {
  readonly interfaceVersion: number;
  /** Missing in an addon that was built before there was one. */
  readonly FilePipe?: new (
    file: number,
    offset: number,
    head: Uint8Array,
  ) => NativeFilePipe;
  readonly Connection: new (maxWorkers: number, maxQueued: number) => NativeConnection;
}

/** Where `make -C native` puts the addon; the same from src/libvirt and from dist/libvirt. */
const ADDON_FILE = fileURLToPath(new URL('../../native/build/novalet.node', import.meta.url));
const BUILD_HINT = 'Build it with: make -C native (needs g++, make, pkg-config and libvirt-dev).';

/**
 * Loads the addon; Node keeps it, so later calls cost nothing. Throws `ADDON_MISSING`, `ADDON_UNLOADABLE` (libvirt's
 * library is not installed, say) or `ADDON_OUTDATED`.
 */
export function loadAddon(file: string = ADDON_FILE): Addon {
  let loaded: unknown;
  try {
    loaded = createRequire(import.meta.url)(file);
  } catch (cause) {
    if (!existsSync(file)) {
      throw new Fault('unsupported', 'ADDON_MISSING', `The libvirt addon is not built: there is no ${file}`, {
        cause,
        hint: BUILD_HINT,
      });
    }
    throw new Fault('unsupported', 'ADDON_UNLOADABLE', `The libvirt addon ${file} cannot be loaded`, {
      cause,
      hint: 'Install libvirt0 (apt-get install libvirt0), then build the addon again: make -C native clean all.',
    });
  }
  if (!isAddon(loaded)) {
    throw new Fault('unsupported', 'ADDON_OUTDATED', `The libvirt addon ${file} belongs to another version`, {
      hint: BUILD_HINT,
    });
  }
  return loaded;
}

function isAddon(value: unknown): value is Addon {
  if (typeof value !== 'object' || value === null) return false;
  if (!('interfaceVersion' in value && 'Connection' in value)) return false;
  return value.interfaceVersion === INTERFACE_VERSION && typeof value.Connection === 'function';
}
