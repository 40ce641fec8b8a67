// IPv6 link-local addresses that are made from MAC addresses. Rules: RFC 4291, appendix A; RFC 4862, 5.3.

/** Where guests look for the metadata service by IPv6; the same on every link. */
export const METADATA_ADDRESS_6 = 'fe80::a9fe:a9fe';

/** `fa:16:3e:00:00:01` → `fe80::f816:3eff:fe00:1`, as it is written in short. */
export function linkLocalOf(mac: string): string {
  const [first = 0, ...rest] = mac.split(':').map((part) => Number.parseInt(part, 16));
  const bytes = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const groups = [0, 2, 4, 6].map((at) => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  const [a = '0', b = '0', c = '0', d = '0'] = groups;
  return a === '0' ? `fe80::${b}:${c}:${d}` : `fe80::${a}:${b}:${c}:${d}`;
}

/** The 128 bits of an address of this file's, as a number that nft takes. */
export function linkLocalNumber(address: string): string {
  const groups = address.replace('fe80::', '').split(':');
  const padded = [...Array.from({ length: 4 - groups.length }, () => '0'), ...groups];
  return `0xfe80000000000000${padded.map((group) => group.padStart(4, '0')).join('')}`;
}
