// A directory for one test, and a small filesystem of its own where a test needs to fill one.
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../../src/hostlink/index.ts';

/** Lends a fresh directory to `work` and removes it. */
export async function withScratch<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'nvt-storage-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Lends a freshly mounted tmpfs of `mebibytes` to `work`. Needs root. */
export async function withSmallDisk<T>(
  mebibytes: number,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  return await withScratch(async (scratch) => {
    const directory = join(scratch, 'small');
    await mkdir(directory);
    await runProgram('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'nvt-storage', directory]);
    try {
      return await work(directory);
    } finally {
      await runProgram('umount', [directory]);
    }
  });
}

export const mayMount = process.getuid?.() === 0 ? false : 'mounting a small filesystem needs root';

export async function namesIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).sort();
}

export async function qemuImg(...args: string[]): Promise<string> {
  return (await runProgram('qemu-img', args)).stdout;
}
