// Building a config drive in process against genisoimage on the same tree, alternating in one run.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runProgram } from '../../src/hostlink/index.ts';
import { metadataDocuments } from '../../src/metadata/index.ts';
import { writeConfigDrive } from '../../src/storage/config-drive.ts';
import { fullInput } from '../unit/metadata/sample.ts';
import { type Bench, compared, median, timed } from './measure.ts';

const ROUNDS = 20;
const GOAL = 0.5;

/**
 * Median wall time of `writeConfigDrive` (documents given) and of one genisoimage run with the options that Nova uses on
 * a tree that is already on the disk. The first rounds of both count: a launch has no warm-up either.
 */
export const run: Bench = async () => {
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
    return [
      compared('config drive', { unit: 'ms', ours: median(ours), baseline: median(baseline), goal: GOAL }),
    ];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

async function genisoimage(tree: string, target: string): Promise<void> {
  const relaxed = ['-ldots', '-allow-lowercase', '-allow-multidot', '-l'];
  const label = ['-publisher', 'novalet', '-quiet', '-J', '-r', '-V', 'config-2'];
  await runProgram('genisoimage', ['-o', target, ...relaxed, ...label, tree]);
}
