// What the metadata service has on the host while it runs, and what a killed one leaves: a table of rules with a name of its
// own for each state directory, and an address on bridges.
import { createHash } from 'node:crypto';
import { runProgram } from '../hostlink/index.ts';
import { bridgeIndex, lookForIpv6, takeMetadataAddress } from './bridge-address.ts';
import { METADATA_ADDRESS_6 } from './link-local.ts';
import { metadataRulesRemoval } from './metadata-rules.ts';

const TIMEOUT_MS = 10_000;

/** The name of the table. */
export function metadataTable(stateDir: string): string {
  return `novalet-metadata-${createHash('sha256').update(stateDir).digest('hex').slice(0, 8)}`;
}

/** Takes both away where nobody serves any more; what is not there is fine. Throws the faults of `runProgram`. */
export async function removeMetadataTraces(stateDir: string, bridges: readonly string[]): Promise<void> {
  for (const bridge of bridges)
    if (await hasAddress(bridge)) await takeMetadataAddress(bridge, lookForIpv6(bridge));
  const stdin = metadataRulesRemoval(metadataTable(stateDir));
  await runProgram('nft', ['-f', '-'], { stdin, timeoutMs: TIMEOUT_MS });
}

async function hasAddress(bridge: string): Promise<boolean> {
  if (bridgeIndex(bridge) === undefined) return false;
  const words = ['-6', 'address', 'show', 'dev', bridge];
  const { stdout } = await runProgram('ip', words, { timeoutMs: TIMEOUT_MS });
  return stdout.includes(`inet6 ${METADATA_ADDRESS_6}/`);
}
