// Keys with a guest cell's number at their end: `hw:numa_cpus.0`, `hw_numa_mem.1`.
import { type HardwareKey, invalidValue, type KeyFaults, type RawValues, readValue } from './hardware-key.ts';

/** Nova's NUMA_NODES_MAX. */
const MAX_CELLS = 128;

/** The key in the table, `hw:numa_cpus.N`, for any key of that form. */
export function isNumbered(key: string, known: HardwareKey<unknown>): boolean {
  const stem = known.key.slice(0, -1);
  return key.startsWith(stem) && /^\d+$/.test(key.slice(stem.length));
}

/** By the cell's number, in order; undefined when there is none. */
export function readNumbered<T>(
  raw: RawValues,
  known: HardwareKey<T>,
  faults: KeyFaults,
): ReadonlyMap<number, T> | undefined {
  const found: [number, T][] = [];
  for (const [key, text] of Object.entries(raw)) {
    if (!isNumbered(key, known)) continue;
    const digits = key.slice(known.key.length - 1);
    if (Number(digits) >= MAX_CELLS || String(Number(digits)) !== digits) {
      throw invalidValue(
        faults,
        key,
        text,
        `${known.key.slice(0, -1)}0 to ${known.key.slice(0, -1)}${MAX_CELLS - 1}`,
      );
    }
    found.push([Number(digits), readValue(text, known, faults, key)]);
  }
  return found.length === 0 ? undefined : new Map(found.sort(([a], [b]) => a - b));
}

/** The first number that is left out below the highest one; null when there is none. */
export function missingCell(cells: ReadonlyMap<number, unknown>): number | null {
  for (let cell = 0; cell < cells.size; cell += 1) if (!cells.has(cell)) return cell;
  return null;
}
