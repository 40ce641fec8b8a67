// The metadata service's IPv6 address on a bridge of the host, for as long as it is served. libvirt turns IPv6 off on the
// bridge of a network that has none; it is turned on for this one address then, and off again.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../hostlink/index.ts';
import { linkLocalNumber, METADATA_ADDRESS_6 } from './link-local.ts';

const TIMEOUT_MS = 5000;
/** /proc/sys/net/ipv6/conf/<device>/addr_gen_mode: the kernel makes no address by itself. */
const NO_ADDRESSES = '1';
const ADDRESSES = '/proc/net/if_inet6';

/** `alone`: there is no other IPv6 on the bridge. `none`: the host has none. */
export type BridgeIpv6 = 'none' | 'beside' | 'alone';

/** How the address would be on the bridge; also where it is there already, as a killed process leaves it. */
export function lookForIpv6(bridge: string): BridgeIpv6 {
  if (!existsSync(settingOf(bridge, 'disable_ipv6'))) return 'none';
  if (read(bridge, 'disable_ipv6') === '1') return 'alone';
  const isOurs =
    read(bridge, 'addr_gen_mode') === NO_ADDRESSES && !hasOther(readFileSync(ADDRESSES, 'utf8'), bridge);
  return isOurs ? 'alone' : 'beside';
}

/** Whether the bridge has an address besides the service's. `text` is /proc/net/if_inet6. */
export function hasOther(text: string, bridge: string): boolean {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  return lines.some(
    (words) => words[5] === bridge && `0x${words[0]}` !== linkLocalNumber(METADATA_ADDRESS_6),
  );
}

/** Whether the service's is there. */
export async function hasMetadataAddress(bridge: string): Promise<boolean> {
  if (bridgeIndex(bridge) === undefined) return false;
  const words = ['-6', 'address', 'show', 'dev', bridge];
  const { stdout } = await runProgram('ip', words, { timeoutMs: TIMEOUT_MS });
  return stdout.includes(`inet6 ${METADATA_ADDRESS_6}/`);
}

/** Puts the address on the bridge. Throws where the kernel refuses, and the faults of `runProgram`. */
export async function putMetadataAddress(bridge: string, ipv6: BridgeIpv6): Promise<void> {
  if (ipv6 === 'alone') {
    write(bridge, 'addr_gen_mode', NO_ADDRESSES);
    write(bridge, 'accept_ra', '0');
    write(bridge, 'disable_ipv6', '0');
  }
  const words = ['-6', 'address', 'replace', `${METADATA_ADDRESS_6}/64`, 'dev', bridge, 'nodad'];
  await runProgram('ip', words, { timeoutMs: TIMEOUT_MS });
}

/** Takes it away, and leaves the bridge as it was; one that is gone is fine. */
export async function takeMetadataAddress(bridge: string, ipv6: BridgeIpv6): Promise<void> {
  if (!existsSync(settingOf(bridge, 'disable_ipv6'))) return;
  if (ipv6 === 'alone') {
    write(bridge, 'disable_ipv6', '1'); // and with it go all addresses
    write(bridge, 'addr_gen_mode', '0');
    return;
  }
  if (!(await hasMetadataAddress(bridge))) return; // somebody took it away
  const words = ['-6', 'address', 'delete', `${METADATA_ADDRESS_6}/64`, 'dev', bridge];
  await runProgram('ip', words, { timeoutMs: TIMEOUT_MS });
}

/** Another one than before is another bridge, also where it has the same name; undefined where there is none. */
export function bridgeIndex(bridge: string): number | undefined {
  const path = `/sys/class/net/${bridge}/ifindex`;
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : undefined;
}

function settingOf(bridge: string, name: string): string {
  return join('/proc/sys/net/ipv6/conf', bridge, name);
}

function read(bridge: string, name: string): string {
  return readFileSync(settingOf(bridge, name), 'utf8').trim();
}

function write(bridge: string, name: string, value: string): void {
  writeFileSync(settingOf(bridge, name), value);
}
