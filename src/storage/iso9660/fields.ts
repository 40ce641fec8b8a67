// The number, text and time forms of a volume's structures (ECMA-119 §7, §8.4.26, §9.1.5).
// Knows bytes; knows no structure. Every writer gives the offset behind what it wrote.

export const SECTOR = 2048;

/** How many whole sectors hold `bytes`. */
export function sectorsFor(bytes: number): number {
  return Math.ceil(bytes / SECTOR);
}

/** 16 bits, little endian and then big endian (7.2.3). */
export function writeBoth16(target: Buffer, value: number, offset: number): number {
  target.writeUInt16LE(value, offset);
  return target.writeUInt16BE(value, offset + 2);
}

/** 32 bits, little endian and then big endian (7.3.3). */
export function writeBoth32(target: Buffer, value: number, offset: number): number {
  target.writeUInt32LE(value, offset);
  return target.writeUInt32BE(value, offset + 4);
}

/** The seven bytes of a record's date (9.1.5), UTC. The year must lie between 1900 and 2155. */
export function shortDate(date: Date): Buffer {
  return Buffer.from([
    date.getUTCFullYear() - 1900,
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    0, // offset from GMT in quarters of an hour
  ]);
}

/** The seventeen bytes of a descriptor's date (8.4.26.1), UTC: sixteen digits and a zero offset. */
export function longDate(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 16);
  return Buffer.concat([Buffer.from(digits, 'latin1'), Buffer.alloc(1)]);
}

/** The date that says "not given": sixteen zero digits and a zero offset. */
export const NO_DATE: Buffer = Buffer.concat([Buffer.alloc(16, '0'), Buffer.alloc(1)]);

/** UCS-2 as Joliet has it; Windows and Linux read it as UTF-16, big endian. */
export function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}
