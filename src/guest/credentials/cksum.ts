// The sum that cksum prints, which every guest has: POSIX, "cksum". To see that a file is still the one that was read;
// it guards against an accident, not against malice.

const TABLE = Uint32Array.from({ length: 256 }, (_unused, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

/** `<checksum> <bytes>`, as cksum says it of its standard input. */
export function cksum(data: Uint8Array): string {
  let sum = 0;
  const add = (byte: number) => {
    sum = ((sum << 8) ^ (TABLE[((sum >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  };
  for (const byte of data) add(byte);
  for (let length = data.length; length > 0; length = Math.floor(length / 256)) add(length & 0xff);
  return `${~sum >>> 0} ${data.length}`;
}
