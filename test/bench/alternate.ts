// The same work done by us and by libvirt alone, in turns, and the rows that come of it.
import { compared, type Measurement, median, percentile } from './measure.ts';

/** Milliseconds by the name of what took them. */
export type Times = Readonly<Record<string, number>>;

export interface Sides {
  readonly ours: readonly Times[];
  readonly bare: readonly Times[];
}

/** Each of the two leaves the guest as it found it. Who begins changes from round to round. */
export async function alternate(
  rounds: number,
  ours: () => Promise<Times>,
  bare: () => Promise<Times>,
): Promise<Sides> {
  const sides = { ours: [] as Times[], bare: [] as Times[] };
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) sides.ours.push(await ours());
    sides.bare.push(await bare());
    if (round % 2 === 1) sides.ours.push(await ours());
  }
  return sides;
}

export function timesOf(times: readonly Times[], what: string): number[] {
  return times.map((one) => one[what] ?? Number.NaN);
}

export interface RowWish {
  /** The row's. */
  readonly name: string;
  /** What of each side is compared. */
  readonly ours: string;
  readonly bare: string;
  /** False for rows that explain others. */
  readonly hasGoal?: boolean;
}

/** What a call may take: of very short ones, 30 ms say more than a ratio. */
const GOAL = { goal: 1.2, plus: 30 };

/** The median, and what one in twenty takes. */
export function rowsOf(sides: Sides, { name, ours, bare, hasGoal = true }: RowWish): readonly Measurement[] {
  const row = (
    share: string,
    of: (times: number[]) => number,
    goal: { goal: number | null; plus?: number },
  ) => {
    const facts = {
      unit: 'ms',
      ours: of(timesOf(sides.ours, ours)),
      baseline: of(timesOf(sides.bare, bare)),
    };
    return compared(`${name}, ${share}`, { ...facts, ...goal });
  };
  return [
    row('p50', median, hasGoal ? GOAL : { goal: null }),
    row('p95', (times) => percentile(times, 0.95), { goal: null }),
  ];
}
