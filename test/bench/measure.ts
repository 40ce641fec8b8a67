// How the benchmarks measure and what they say: ours beside a baseline, from the same run, alternating.

export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** Null where the goal is a plain limit. */
  readonly baseline: number | null;
  /** ours / baseline. */
  readonly ratio: number | null;
  /** The highest ratio, or without a baseline the highest value, that we want; null for figures that explain others. */
  readonly goal: number | null;
  /** What may come on top of a ratio, in the row's unit: of calls that are over in a moment. */
  readonly plus?: number;
  /** The goal is the least that we want: of rates, where more is better. */
  readonly atLeast?: boolean;
}

/** One file of test/bench exports `run` of this type. */
export type Bench = () => Promise<readonly Measurement[]>;

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** `share` from 0 to 1; nearest rank, the mean of the two middle ones for the median of an even number. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return share === 0.5 ? (low + high) / 2 : high;
}

export function compared(
  name: string,
  facts: { unit: string; ours: number; baseline: number; goal: number | null; plus?: number },
): Measurement {
  return { name, ...facts, ratio: facts.ours / facts.baseline };
}

export function limited(
  name: string,
  facts: { unit: string; ours: number; goal: number | null },
): Measurement {
  return { name, ...facts, baseline: null, ratio: null };
}
