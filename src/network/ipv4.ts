// IPv4 arithmetic. Addresses are unsigned 32-bit numbers inside, dotted texts outside. RFC 4632, RFC 1918.

export interface Subnet {
  /** The network's own address, all host bits 0. */
  readonly base: number;
  /** 0 to 32. */
  readonly prefix: number;
}

/** `10.0.0.1` → its number; undefined when it is not four decimal numbers up to 255. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const numbers = parts.map(Number);
  if (numbers.some((part) => part > 255)) return undefined;
  return numbers.reduce((sum, part) => sum * 256 + part, 0);
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** `10.1.2.3/16` → 10.1.0.0/16, the subnet that the address is in; `10.1.2.3` alone means /32. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = '', length = '32', ...rest] = text.split('/');
  const parsed = parseIpv4(address);
  const prefix = /^\d{1,2}$/.test(length) ? Number(length) : Number.NaN;
  if (parsed === undefined || rest.length > 0 || !(prefix <= 32)) return undefined;
  return subnetOf(parsed, prefix);
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatIpv4(subnet.base)}/${subnet.prefix}`;
}

export function subnetOf(address: number, prefix: number): Subnet {
  return { base: address - (address % sizeOf(prefix)), prefix };
}

/** The highest address of the subnet, its broadcast address. */
export function lastOf(subnet: Subnet): number {
  return subnet.base + sizeOf(subnet.prefix) - 1;
}

export function overlap(one: Subnet, other: Subnet): boolean {
  return one.base <= lastOf(other) && other.base <= lastOf(one);
}

/** Every address from `first` to `last`, both included, as texts. */
export function addressesFrom(first: number, last: number): readonly string[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_unused, step) => formatIpv4(first + step));
}

function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}
