// The network of a guest on its kernel's command line: where cloud-init is told an address by the kernel, it looks for the
// network's description before it can ask there, and before 24.3 it never asks. Pure.
import { gzipSync } from 'node:zlib';
import { networkConfig } from '../metadata/index.ts';
import type { Carrier, GuestLink, Port } from '../model/index.ts';
import { metadataNic } from './metadata-nic.ts';

/**
 * The carrier with what its guest is to be told of its network; unchanged where that is nothing, since a guest brings one card
 * up by DHCP by itself. The word is base64 of gzip, as cloud-init takes it.
 */
export function withKernelNetwork(
  carrier: Carrier | null,
  ports: readonly Port[],
  links: readonly GuestLink[] = [],
): Carrier | null {
  if (carrier === null || carrier.seedFrom !== 'kernel') return carrier;
  if (isUsual(ports) && links.length === 0) return carrier;
  const config = networkConfig(ports.map(metadataNic), 2, links);
  if (config === undefined) return carrier;
  return { ...carrier, networkConfig: gzipSync(JSON.stringify(config), { level: 9 }).toString('base64') };
}

function isUsual(ports: readonly Port[]): boolean {
  const [way, ...further] = ports.flatMap(({ addressing }) => addressing);
  return ports.length <= 1 && further.length === 0 && way?.kind === 'dhcp' && way.version === 4;
}
