// Which state of a domain a change is for.
import { flags } from './constants.ts';

/** What a change applies to; nothing said: what libvirt calls the current state, live or configured. */
export interface Affects {
  readonly live?: boolean;
  readonly config?: boolean;
}

export function affectFlags(affects: Affects): number {
  return flags(['VIR_DOMAIN_AFFECT_LIVE', affects.live], ['VIR_DOMAIN_AFFECT_CONFIG', affects.config]);
}
