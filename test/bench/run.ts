// Runs the benchmarks and prints one table: `npm run bench [-- --json FILE] [FILTER…]`.
// Without a filter, all but those that take many minutes and compare nothing of novalet's own.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Bench, Measurement } from './measure.ts';

const BENCHES: readonly (readonly [string, () => Promise<{ run: Bench }>])[] = [
  ['launch', () => import('./launch.bench.ts')],
  ['exec', () => import('./exec.bench.ts')],
  ['bridge-exec', () => import('./bridge-exec.bench.ts')],
  ['bridge-files', () => import('./bridge-files.bench.ts')],
  ['life', () => import('./life.bench.ts')],
  ['start-up', () => import('./start-up.bench.ts')],
  ['agents', () => import('./agents.bench.ts')],
  ['exec-fifty', () => import('./exec-fifty.bench.ts')],
  ['config-drive', () => import('./config-drive.bench.ts')],
  ['metadata', () => import('./metadata.bench.ts')],
  ['live-snapshot', () => import('./live-snapshot.bench.ts')],
  ['hardware-switches', () => import('./hardware-switches.bench.ts')],
];

const ONLY_BY_NAME: ReadonlySet<string> = new Set(['hardware-switches']);

/** A benchmark that hangs is said, and ends. */
const LONGEST_MS = 20 * 60_000;

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const all: Measurement[] = [];
for (const [name, load] of BENCHES) {
  const isWanted =
    positionals.length === 0 ? !ONLY_BY_NAME.has(name) : positionals.some((filter) => name.includes(filter));
  if (!isWanted) continue;
  process.stderr.write(`measuring ${name}\n`);
  const { run } = await load();
  const bound = setTimeout(() => {
    process.stderr.write(
      `${name} did not end in ${LONGEST_MS / 60_000} minutes; scripts/test-clean removes its guests\n`,
    );
    process.exit(1);
  }, LONGEST_MS);
  all.push(...(await run()));
  clearTimeout(bound);
}
process.stdout.write(table(all));
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(all, null, 2)}\n`);

function table(rows: readonly Measurement[]): string {
  const lines = ['| what | novalet | baseline | ratio | goal |', '|---|---|---|---|---|'];
  for (const row of rows) {
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
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

function figure(value: number | null, unit: string): string {
  if (value === null) return '';
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`.trim();
}
