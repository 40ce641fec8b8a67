// Runs the benchmarks and prints one table, a bench's rows as it ends: `npm run bench [-- --json FILE] [FILTER…]`.
// Without a filter, all but those that take many minutes and compare nothing of novalet's own.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureAll, type NamedBench } from './measure-all.ts';

const BENCHES: readonly NamedBench[] = [
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
  ['forks', () => import('./forks.bench.ts')],
  ['restore', () => import('./restore.bench.ts')],
  ['template', () => import('./template.bench.ts')],
  ['hardware-switches', () => import('./hardware-switches.bench.ts')],
];

const ONLY_BY_NAME: ReadonlySet<string> = new Set(['hardware-switches']);

/** A benchmark that hangs is said, and ends. */
const LONGEST_MS = 20 * 60_000;

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const all = await measureAll(
  BENCHES.filter(([name]) =>
    positionals.length === 0 ? !ONLY_BY_NAME.has(name) : positionals.some((filter) => name.includes(filter)),
  ),
  {
    print: (text) => process.stdout.write(text),
    measuring: (name) => process.stderr.write(`measuring ${name}\n`),
    hung: (name) => {
      process.stderr.write(
        `${name} did not end in ${LONGEST_MS / 60_000} minutes; scripts/test-clean removes its guests\n`,
      );
      process.exit(1);
    },
    longestMs: LONGEST_MS,
  },
);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(all, null, 2)}\n`);
