// This host as the engine sees it: its facts, read once per process and again when they may have changed, and its doctor.
import { availableParallelism } from 'node:os';
import type { HostFacts, HostPciDevice, HugePagePool } from '../host/index.ts';
import type { HostCell } from '../libvirt-xml/index.ts';
import type { HardwareHost } from './choose-hardware.ts';
import type { Finding } from './compute.ts';
import type { DomainHost } from './domain-input.ts';
import type { HostLimits } from './launch-limits.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { isSessionMode, type Settings } from './settings.ts';

/** Since Linux 4.0; tun.c, MAX_TAP_QUEUES. */
const TAP_QUEUES = 256;

export interface EngineHostFacts {
  readonly domain: DomainHost;
  readonly hardware: HardwareHost;
  readonly memoryMiB: number;
  readonly limits: HostLimits;
  /** Ids of the host's CPUs. */
  readonly cpus: readonly number[];
  /** NUMA cells as libvirt shows them; empty where it shows none. */
  readonly cells: readonly HostCell[];
}

export class EngineHost {
  readonly #settings: Settings;
  readonly #libvirt: LibvirtLink;
  #known: HostFacts | undefined;

  constructor(settings: Settings, libvirt: LibvirtLink) {
    this.#settings = settings;
    this.#libvirt = libvirt;
  }

  async facts(): Promise<EngineHostFacts> {
    const connection = await this.#libvirt.control();
    const { readHostFacts } = await import('../host/index.ts');
    const facts = await readHostFacts(connection, {
      virtType: this.#settings.virtType,
      isSession: isSessionMode(this.#settings),
      known: this.#known,
    });
    this.#known = facts;
    const { arch, virtType, machineTypes, cpuModes, firmware, memoryMiB, tpmModels, ioUring } = facts;
    return {
      domain: { arch },
      hardware: { arch, virtType, machineTypes, cpuModes, firmware, maxQueues: TAP_QUEUES },
      memoryMiB,
      limits: { tpmModels, ioUring },
      cpus: cpuIds(facts),
      cells: facts.cells,
    };
  }

  /** The host's PCI devices, as they are now. */
  async pciDevices(): Promise<readonly HostPciDevice[]> {
    const { readPciDevices } = await import('../host/index.ts');
    return readPciDevices();
  }

  /** The kernel's huge pages by NUMA cell, as they are now. */
  async hugePages(): Promise<ReadonlyMap<number, readonly HugePagePool[]>> {
    const { readHugePages } = await import('../host/index.ts');
    return readHugePages();
  }

  /** What is wrong with this host. Never throws for a finding. */
  async diagnose(): Promise<readonly Finding[]> {
    const { connect, networkName, stateDir } = this.#settings;
    const { diagnose } = await import('../host/index.ts');
    return await diagnose({
      uri: connect,
      isSession: isSessionMode(this.#settings),
      stateDir,
      networkName,
      connect: async () => await this.#libvirt.control(),
    });
  }
}

/** Where libvirt shows no cells, they are counted. */
function cpuIds({ cells }: HostFacts): readonly number[] {
  const shown = cells.flatMap(({ cpus }) => cpus.map(({ id }) => id));
  return shown.length > 0 ? shown : Array.from({ length: availableParallelism() }, (_unused, cpu) => cpu);
}
