// The kernel and the initial ramdisk of the Debian image, taken out of it: for guests that novalet boots directly.
import { join } from 'node:path';
import { runProgram } from '../../../src/hostlink/index.ts';

const TIMEOUT_MS = 120_000;
const SECTOR = 512;

export interface BootFiles {
  readonly kernel: string;
  readonly ramdisk: string;
}

/** Reads the root filesystem without mounting it; the files lie in `folder`, which has room for the whole disk. */
export async function takeBootFiles(image: string, folder: string): Promise<BootFiles> {
  const raw = join(folder, 'whole.raw');
  await runProgram('qemu-img', ['convert', '-O', 'raw', image, raw], { timeoutMs: TIMEOUT_MS });
  const { stdout } = await runProgram('sfdisk', ['--json', raw], { timeoutMs: TIMEOUT_MS });
  const table: { partitiontable: { partitions: { start: number; size: number }[] } } = JSON.parse(stdout);
  const [root] = table.partitiontable.partitions.toSorted((a, b) => b.size - a.size); // by far the largest
  const filesystem = `${raw}?offset=${(root?.start ?? 0) * SECTOR}`;
  const kernel = await takeOut(filesystem, '/vmlinuz', join(folder, 'kernel'));
  const ramdisk = await takeOut(filesystem, '/initrd.img', join(folder, 'ramdisk'));
  return { kernel, ramdisk };
}

async function takeOut(filesystem: string, link: string, file: string): Promise<string> {
  const stat = await runProgram('debugfs', ['-R', `stat ${link}`, filesystem], { timeoutMs: TIMEOUT_MS });
  const [, target] = /Fast link dest: "([^"]+)"/.exec(stat.stdout) ?? [];
  if (target === undefined) throw new Error(`${link} is no link: ${stat.stdout}`);
  await runProgram('debugfs', ['-R', `dump /${target} ${file}`, filesystem], { timeoutMs: TIMEOUT_MS });
  return file;
}
