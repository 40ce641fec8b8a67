// What was used between two samples of counters, as rates. Pure.
import type { Usage, UsageSample } from '../compute/index.ts';

export interface Rates {
  readonly id: string;
  readonly name: string;
  /** 100 is one processor of the host for the whole time. */
  readonly cpuPercent: number;
  readonly residentKiB: number;
  readonly maximumKiB: number;
  /** Bytes a second. */
  readonly readRate: number;
  readonly writeRate: number;
  readonly rxRate: number;
  readonly txRate: number;
}

/** The busiest first. What began or began anew in between counts from its start. */
export function ratesBetween(before: UsageSample, after: UsageSample): readonly Rates[] {
  const known = new Map(before.instances.map((usage) => [usage.id, usage]));
  const seconds = Math.max(0.001, (after.atMs - before.atMs) / 1000);
  const rates = after.instances.map((usage) => ratesOf(known.get(usage.id), usage, seconds));
  return rates.toSorted((a, b) => b.cpuPercent - a.cpuPercent || (a.name < b.name ? -1 : 1));
}

function ratesOf(before: Usage | undefined, after: Usage, seconds: number): Rates {
  const isSame = before !== undefined && before.cpu.timeNs <= after.cpu.timeNs;
  const growth = (total: (usage: Usage) => number) =>
    Math.max(0, total(after) - (isSame ? total(before) : 0)) / seconds;
  return {
    id: after.id,
    name: after.name,
    cpuPercent: growth(({ cpu }) => cpu.timeNs) / 1e7,
    residentKiB: after.memory.residentKiB,
    maximumKiB: after.memory.maximumKiB,
    readRate: growth(({ disks }) => disks.reduce((sum, disk) => sum + disk.readBytes, 0)),
    writeRate: growth(({ disks }) => disks.reduce((sum, disk) => sum + disk.writeBytes, 0)),
    rxRate: growth(({ nics }) => nics.reduce((sum, nic) => sum + nic.rxBytes, 0)),
    txRate: growth(({ nics }) => nics.reduce((sum, nic) => sum + nic.txBytes, 0)),
  };
}
