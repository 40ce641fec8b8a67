// Building a config drive in process against genisoimage on the same tree, alternating in one run.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runProgram } from '../../src/hostlink/index.ts';
import { metadataDocuments } from '../../src/metadata/index.ts';
import { writeConfigDrive } from '../../src/storage/config-drive.ts';
import { fullInput } from '../unit/metadata/sample.ts';

export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly baseline: number;
  readonly ratio: number;
  /** The ratio must not be higher. */
  readonly goal: number;
}

const ROUNDS = 20;
const GOAL = 0.5;

/**
 * Median wall time of `writeConfigDrive` (documents given) and of one genisoimage run with the options that Nova uses on
 * a tree that is already on the disk. The first rounds of both count: a launch has no warm-up either.
 */
export async function run(): Promise<Measurement> {
  const scratch = await mkdtemp(join(tmpdir(), 'nvt-bench-'));
  try {
    const documents = metadataDocuments(fullInput());
    const tree = join(scratch, 'tree');
    for (const [path, bytes] of documents) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), bytes);
    }
    const ours: number[] = [];
    const baseline: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await timed(() => writeConfigDrive(join(scratch, 'ours.iso'), documents)));
      baseline.push(await timed(() => genisoimage(tree, join(scratch, 'theirs.iso'))));
    }
    const [mine, theirs] = [median(ours), median(baseline)];
    return {
      name: 'config drive',
      unit: 'ms',
      ours: mine,
      baseline: theirs,
      ratio: mine / theirs,
      goal: GOAL,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function genisoimage(tree: string, target: string): Promise<void> {
  const relaxed = ['-ldots', '-allow-lowercase', '-allow-multidot', '-l'];
  const label = ['-publisher', 'novalet', '-quiet', '-J', '-r', '-V', 'config-2'];
  await runProgram('genisoimage', ['-o', target, ...relaxed, ...label, tree]);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
