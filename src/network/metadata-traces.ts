// What the metadata service has on the host while it runs, and what a killed one leaves: a table of rules with a name of its
// own for each state directory, and an address on bridges.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { runProgram } from '../hostlink/index.ts';
import { hasMetadataAddress, lookForIpv6, takeMetadataAddress } from './bridge-address.ts';
import { metadataRulesRemoval } from './metadata-rules.ts';

const TIMEOUT_MS = 10_000;

/** The name of the table. */
export function metadataTable(stateDir: string): string {
  return `novalet-metadata-${createHash('sha256').update(stateDir).digest('hex').slice(0, 8)}`;
}

/** linux/capability.h */
const CAP_NET_ADMIN = 12n;

/** Whether this process may change rules and addresses of the host. */
export function mayChangeRules(): boolean {
  const [, held = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return ((BigInt(`0x${held}`) >> CAP_NET_ADMIN) & 1n) === 1n;
}

/** Takes both away where nobody serves any more; what is not there is fine. Throws the faults of `runProgram`. */
export async function removeMetadataTraces(stateDir: string, bridges: readonly string[]): Promise<void> {
  try {
    for (const bridge of bridges)
      if (await hasMetadataAddress(bridge)) await takeMetadataAddress(bridge, lookForIpv6(bridge));
  } finally {
    const stdin = metadataRulesRemoval(metadataTable(stateDir));
    await runProgram('nft', ['-f', '-'], { stdin, timeoutMs: TIMEOUT_MS });
  }
}
