// Byte quantities: parsing what people write, printing what people read.
import { Fault } from './fault.ts';

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

const FACTORS: Readonly<Record<string, number>> = { '': 1, K: KIB, M: MIB, G: GIB, T: 1024 * GIB };

/** `10G`, `512M`, `1.5GiB`, `4096` → bytes (binary units, as qemu-img reads them). Throws `SIZE_INVALID`. */
export function parseBytes(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  const bytes = Number(match?.[1]) * (FACTORS[match?.[2]?.toUpperCase() ?? ''] ?? Number.NaN);
  if (!Number.isSafeInteger(Math.round(bytes))) {
    throw new Fault('invalid', 'SIZE_INVALID', `${what} is not a size: "${text}"`, {
      hint: 'Write a number with K, M, G or T, for example 10G.',
    });
  }
  return Math.round(bytes);
}

/** 1536 → `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${units[unit]}`;
}
