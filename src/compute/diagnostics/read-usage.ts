// libvirt's figures of a domain (virConnectGetAllDomainStats) as values. Pure.
import type { CpuUse, DiskUse, MemoryUse, NicUse } from './requests.ts';

export type Figures = Readonly<Record<string, number | bigint | boolean | string>>;

/** More of a kind than a domain can have; a count beyond it is not believed. */
const MOST = 1024;

export function cpuUse(figures: Figures): CpuUse {
  const ids = Array.from({ length: MOST }, (_unused, id) => id);
  const present = ids.filter((id) => figures[`vcpu.${id}.state`] !== undefined); // some may be unplugged in between
  return {
    timeNs: count(figures, 'cpu.time'),
    vcpus: present.map((id) => ({
      id,
      timeNs: count(figures, `vcpu.${id}.time`),
      waitNs: count(figures, `vcpu.${id}.wait`),
    })),
  };
}

export function memoryUse(figures: Figures): MemoryUse {
  const told = (key: string) => countOrNull(figures, `balloon.${key}`);
  const hasDriver = told('available') !== null;
  const ofGuest = (key: string) => (hasDriver ? told(key) : null);
  return {
    maximumKiB: count(figures, 'balloon.maximum'),
    currentKiB: count(figures, 'balloon.current'),
    residentKiB: count(figures, 'balloon.rss'),
    availableKiB: told('available'),
    usableKiB: ofGuest('usable'),
    unusedKiB: ofGuest('unused'),
    cachesKiB: ofGuest('disk_caches'),
    swappedInKiB: ofGuest('swap_in'),
    swappedOutKiB: ofGuest('swap_out'),
  };
}

/** Of each device its active image, not those beneath. */
export function diskUses(figures: Figures): readonly DiskUse[] {
  return listed(figures, 'block').map((key) => ({
    target: String(figures[`${key}.name`] ?? ''),
    readBytes: count(figures, `${key}.rd.bytes`),
    readRequests: count(figures, `${key}.rd.reqs`),
    readNs: count(figures, `${key}.rd.times`),
    writeBytes: count(figures, `${key}.wr.bytes`),
    writeRequests: count(figures, `${key}.wr.reqs`),
    writeNs: count(figures, `${key}.wr.times`),
    flushes: count(figures, `${key}.fl.reqs`),
    errors: countOrNull(figures, `${key}.errors`),
    capacityBytes: countOrNull(figures, `${key}.capacity`),
    physicalBytes: countOrNull(figures, `${key}.physical`),
  }));
}

/** `macs`: by the tap's name. libvirt counts as the guest does. */
export function nicUses(figures: Figures, macs: ReadonlyMap<string, string>): readonly NicUse[] {
  return listed(figures, 'net').map((key) => {
    const name = String(figures[`${key}.name`] ?? '');
    return {
      name,
      mac: macs.get(name) ?? null,
      rxBytes: count(figures, `${key}.rx.bytes`),
      rxPackets: count(figures, `${key}.rx.pkts`),
      rxErrors: count(figures, `${key}.rx.errs`),
      rxDrops: count(figures, `${key}.rx.drop`),
      txBytes: count(figures, `${key}.tx.bytes`),
      txPackets: count(figures, `${key}.tx.pkts`),
      txErrors: count(figures, `${key}.tx.errs`),
      txDrops: count(figures, `${key}.tx.drop`),
    };
  });
}

function listed(figures: Figures, group: string): readonly string[] {
  const length = Math.min(MOST, count(figures, `${group}.count`));
  return Array.from({ length }, (_unused, at) => `${group}.${at}`);
}

/** What libvirt does not tell counts as nothing happened. */
function count(figures: Figures, key: string): number {
  return countOrNull(figures, key) ?? 0;
}

function countOrNull(figures: Figures, key: string): number | null {
  const value = figures[key];
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
}
