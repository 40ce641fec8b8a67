// How the parts of a domain (its blocks, snapshots …) make their calls: with the domain's name in the fault.
import type { NativeDomain } from './native-domain.ts';

/** Runs one call, as `boundedCall` does; `act` is a verb that goes before "domain NAME": "resize a disk of". */
export type DomainCall = <T>(
  act: string,
  call: (native: NativeDomain) => Promise<T>,
  timeoutMs?: number,
) => Promise<T>;
