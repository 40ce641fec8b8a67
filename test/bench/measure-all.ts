// Benches one after the other, as one table that grows: who looks sees each bench's rows when it ends, and has them where a
// later one hangs.
import type { Bench, Measurement } from './measure.ts';

export type NamedBench = readonly [name: string, load: () => Promise<{ run: Bench }>];

export interface Telling {
  /** What belongs to the table. */
  readonly print: (text: string) => void;
  readonly measuring: (name: string) => void;
  /** A bench that hangs is said, and ends. */
  readonly hung: (name: string) => void;
  readonly longestMs: number;
}

const HEAD = '| what | novalet | baseline | ratio | goal |\n|---|---|---|---|---|\n';

export async function measureAll(
  benches: readonly NamedBench[],
  { print, measuring, hung, longestMs }: Telling,
): Promise<readonly Measurement[]> {
  const all: Measurement[] = [];
  print(HEAD);
  for (const [name, load] of benches) {
    measuring(name);
    const { run } = await load();
    const bound = setTimeout(() => hung(name), longestMs);
    try {
      const rows = await run();
      print(rows.map(tableRow).join(''));
      all.push(...rows);
    } finally {
      clearTimeout(bound);
    }
  }
  return all;
}

function tableRow(row: Measurement): string {
  const sign = row.atLeast === true ? '≥' : '≤';
  const plus = row.plus === undefined ? '' : `+ ${row.plus} ${row.unit}`;
  const unit = row.ratio === null ? row.unit : plus;
  const goal = row.goal === null ? '' : `${sign} ${row.goal} ${unit}`.trim();
  const cells = [
    row.name,
    figure(row.ours, row.unit),
    figure(row.baseline, row.unit),
    figure(row.ratio, ''),
    goal,
  ];
  return `| ${cells.join(' | ')} |\n`;
}

function figure(value: number | null, unit: string): string {
  if (value === null) return '';
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`.trim();
}
