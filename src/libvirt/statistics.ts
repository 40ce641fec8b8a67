// Figures of domains and of the host, in libvirt's own names and units.
import { flags } from './constants.ts';
import type { TypedValues } from './native-domain.ts';

/** Groups of a domain's figures (virDomainStatsTypes). */
export type StatsGroup =
  | 'state'
  | 'cpu'
  | 'balloon'
  | 'vcpu'
  | 'interface'
  | 'block'
  | 'perf'
  | 'iothread'
  | 'memory'
  | 'dirty-rate';

export interface DomainStatsOptions {
  /** With all domains: only these. */
  readonly active?: boolean;
  /** Of every image of a chain, not only of the active ones. */
  readonly backing?: boolean;
  /** Leave out what cannot be asked at once, because the domain is busy with a job. */
  readonly noWait?: boolean;
}

/** `{ total, free, buffers, cached }` in KiB, as far as the host tells. */
export type NodeMemoryStats = Readonly<Record<string, number>>;
/** `{ user, kernel, idle, iowait }` in nanoseconds since the host's start, as far as it tells. */
export type NodeCpuStats = Readonly<Record<string, number>>;

export interface DomainStats {
  readonly name: string;
  readonly uuid: string;
  /** `cpu.time`, `block.0.rd.bytes` … (virConnectGetAllDomainStats). */
  readonly values: TypedValues;
}

export function statsGroups(groups: readonly StatsGroup[]): number {
  return flags(
    ['VIR_DOMAIN_STATS_STATE', groups.includes('state')],
    ['VIR_DOMAIN_STATS_CPU_TOTAL', groups.includes('cpu')],
    ['VIR_DOMAIN_STATS_BALLOON', groups.includes('balloon')],
    ['VIR_DOMAIN_STATS_VCPU', groups.includes('vcpu')],
    ['VIR_DOMAIN_STATS_INTERFACE', groups.includes('interface')],
    ['VIR_DOMAIN_STATS_BLOCK', groups.includes('block')],
    ['VIR_DOMAIN_STATS_PERF', groups.includes('perf')],
    ['VIR_DOMAIN_STATS_IOTHREAD', groups.includes('iothread')],
    ['VIR_DOMAIN_STATS_MEMORY', groups.includes('memory')],
    ['VIR_DOMAIN_STATS_DIRTYRATE', groups.includes('dirty-rate')],
  );
}

export function statsFlags(options: DomainStatsOptions): number {
  return flags(
    ['VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE', options.active === true],
    ['VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE', options.active === false],
    ['VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING', options.backing],
    ['VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT', options.noWait],
  );
}
