// Runs test files in two phases (what needs no host, then what does), and ends with one plain line of counts.
// Called by scripts/test, which has set the machine up. Each file is a process of its own, and each is bounded.
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import { SLOWEST } from './slowest-tests.ts';
import { addTallies, EMPTY_TALLY, type Failure, FileTally, type Tally } from './test-tally.ts';

interface Phase {
  readonly name: string;
  readonly folders: readonly string[];
  readonly concurrency: number;
  /** Bound of one test that names none itself; a file that reports nothing for this long and a little is ended. */
  readonly testTimeoutMs: number;
}

interface FileResult {
  readonly tally: Tally;
  readonly output: string;
  readonly elapsedMs: number;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const WATCHDOG_GRACE_MS = 15_000;
/** The bound of a whole file, however much it reports. */
const FILE_LIMIT_MS = 30 * 60_000;
/** One more than processors: what waits for a guest leaves them idle for a fifth of the time. */
const HOST_FILES_AT_ONCE = Math.min(6, availableParallelism() + 1);
/** Bound of one test of a long run. */
const LONG_TEST_MS = 20 * 60_000;

// What scripts/test passes on; its --help says what they mean.
const { values: flags, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    unit: { type: 'boolean', default: false },
    host: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
  },
});

const phases: readonly Phase[] = [
  {
    name: 'unit, wire, house',
    folders: ['unit', 'wire', 'house'],
    concurrency: availableParallelism(),
    testTimeoutMs: flags.long ? LONG_TEST_MS : 180_000, // some start the program some forty times
  },
  {
    name: 'host',
    folders: ['host'],
    concurrency: Number(process.env['NOVALET_TEST_CONCURRENCY'] ?? HOST_FILES_AT_ONCE),
    testTimeoutMs: flags.long ? LONG_TEST_MS : 600_000, // a busy host without KVM boots a Debian in more than 300 s
  },
];

/** Long tests before all others, then the slowest, then the rest by name. */
function rank(file: string): number {
  if (file.endsWith('.long.test.ts')) return -1;
  const place = SLOWEST.indexOf(file);
  return place === -1 ? SLOWEST.length : place;
}

function filesOf(phase: Phase): string[] {
  return phase.folders
    .flatMap((folder) => globSync(`test/${folder}/**/*.test.ts`, { cwd: root }))
    .filter((file) => flags.long || !file.endsWith('.long.test.ts'))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

async function runFile(file: string, phase: Phase): Promise<FileResult> {
  const path = join(root, file);
  const tally = new FileTally(path);
  const began = performance.now();
  const abort = new AbortController();
  let expired: string | undefined;
  const end = (why: string) => {
    expired ??= why;
    abort.abort();
  };
  const idleMs = phase.testTimeoutMs + WATCHDOG_GRACE_MS;
  const idle = setTimeout(
    end,
    idleMs,
    `the file reported nothing for ${idleMs / 1000} s: it hangs, or left something open`,
  );
  const limit = setTimeout(
    end,
    FILE_LIMIT_MS,
    `the file did not end within ${FILE_LIMIT_MS / 60_000} minutes`,
  );
  let output = '';
  const events = run({
    files: [path],
    signal: abort.signal,
    execArgv: [
      '--disable-warning=ExperimentalWarning',
      '--conditions=novalet-source',
      `--test-timeout=${phase.testTimeoutMs}`,
    ],
  });
  for await (const event of events) {
    idle.refresh();
    if (event.type === 'test:stdout' || event.type === 'test:stderr') output += event.data.message;
    if (expired !== undefined) continue; // what the abort itself makes fail is told in one line below
    if (event.type === 'test:pass') tally.add(event.data, false);
    if (event.type === 'test:fail') tally.add(event.data, true);
  }
  clearTimeout(idle);
  clearTimeout(limit);
  if (expired !== undefined) tally.addFileFailure(expired);
  return { tally: tally.result(), output, elapsedMs: performance.now() - began };
}

async function runPhase(phase: Phase): Promise<Tally> {
  const waiting = filesOf(phase);
  if (waiting.length === 0) return EMPTY_TALLY;
  print(`\n# ${phase.name}: ${waiting.length} files, ${phase.concurrency} at a time`);
  const began = performance.now();
  let total = EMPTY_TALLY;
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runFile(file, phase);
      printFile(file, result);
      total = addTallies(total, result.tally);
    }
  };
  await Promise.all(Array.from({ length: phase.concurrency }, worker));
  print(`# ${phase.name}: ${summary(total)} in ${seconds(performance.now() - began)}`);
  return total;
}

function printFile(file: string, { tally, output, elapsedMs }: FileResult): void {
  const mark = tally.failures.length > 0 ? 'FAIL' : 'ok  ';
  print(`${mark} ${seconds(elapsedMs).padStart(8)}  ${file} (${summary(tally)})`);
  for (const skip of tally.skips) print(`     skipped: ${skip.path.join(' > ')}: ${skip.reason}`);
  if (tally.failures.length === 0) return;
  for (const failure of tally.failures)
    print(indented(`${failureName(failure)}\n${describeError(failure.error)}`));
  if (output.trim() !== '')
    print(indented(`--- what ${relative('test', file)} printed ---\n${lastLines(output, 60)}`));
}

function failureName(failure: Failure): string {
  return failure.path.length === 0 ? '✖ (the file)' : `✖ ${failure.path.join(' > ')}`;
}

/** node:test wraps what was thrown; a person wants what was thrown, with its causes. */
function describeError(error: unknown): string {
  const inner =
    error instanceof Error && 'failureType' in error && error.cause !== undefined ? error.cause : error;
  if (typeof inner === 'string') return inner;
  return inspect(inner, { depth: 4, breakLength: 110 });
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '     ');
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function summary(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failures.length} failed, ${tally.skips.length} skipped`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/**
 * Every process of this run shares what Node compiled of our modules, types stripped: half of a short test's time is that.
 * Made anew for each run, so that no run depends on an earlier one.
 */
function shareCompiledModules(): void {
  if (process.env['NODE_COMPILE_CACHE'] !== undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'novalet-compiled-'));
  process.env['NODE_COMPILE_CACHE'] = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

async function main(): Promise<void> {
  const began = performance.now();
  shareCompiledModules();
  let total = EMPTY_TALLY;
  for (const phase of phases) {
    const isHost = phase.folders.includes('host');
    if ((flags.unit && isHost) || (flags.host && !isHost)) continue;
    total = addTallies(total, await runPhase(phase));
  }
  const ran = total.passed + total.failures.length;
  const isCi = process.env['CI'] === 'true';
  if (total.failures.length > 0) print('\nFailed:');
  for (const failure of total.failures)
    print(indented(`${relative(root, failure.file)}: ${failureName(failure)}`));
  if (isCi && total.skips.length > 0)
    print('\nIn CI a skipped test is a failure: see above for the reasons.');
  if (ran === 0) print('\nNo test ran: does the filter fit a file under test/?');
  print(`\n${seconds(performance.now() - began)} in all`);
  print(summary(total));
  process.exitCode = total.failures.length > 0 || ran === 0 || (isCi && total.skips.length > 0) ? 1 : 0;
}

await main();
