// A prefix for the names of what one test makes on this host. scripts/test-clean leaves alone what has it while this process
// runs, since the directory beside it names the process.
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';

export interface OwnPrefix {
  /** `nvt-` and six characters. */
  readonly prefix: string;
  /** The test's own, which it removes at the end. QEMU's user may pass through. */
  readonly directory: string;
}

export async function ownPrefix(): Promise<OwnPrefix> {
  const directory = await mkdtemp('/var/tmp/novalet-test-');
  await chmod(directory, 0o711);
  await writeFile(`${directory}/owner`, `${process.pid} ${await startTime()}\n`);
  return { directory, prefix: `nvt-${directory.slice(-6).toLowerCase()}` };
}

/** When this process began, in clock ticks since boot: proc_pid_stat(5), field 22. */
async function startTime(): Promise<string> {
  const stat = await readFile('/proc/self/stat', 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
