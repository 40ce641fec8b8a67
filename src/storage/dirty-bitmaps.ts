// Dirty bitmaps in qcow2 files: which clusters were written since a point in time. QEMU keeps them while a guest runs, and
// in the file when it ends cleanly; one that it could not store is marked `in-use` and tells nothing any more.
import { Fault } from '../base/index.ts';
import { runProgram } from '../hostlink/index.ts';

const LIMITS = ['--cpu=30', `--as=${2 * 1024 ** 3}`];
const SHORT_MS = 60_000;

/** Names of the bitmaps of a disk that nobody has open, without those that are broken. */
export async function wholeBitmaps(path: string): Promise<readonly string[]> {
  return (await bitmapsOf(path)).filter(({ isWhole }) => isWhole).map(({ name }) => name);
}

/** Of a disk that nobody has open; fine where there is none of the name. */
export async function removeBitmap(path: string, name: string): Promise<void> {
  if (!(await bitmapsOf(path)).some((bitmap) => bitmap.name === name)) return;
  await runProgram('qemu-img', ['bitmap', '--remove', '-f', 'qcow2', path, name], { timeoutMs: SHORT_MS });
}

async function bitmapsOf(
  path: string,
): Promise<readonly { readonly name: string; readonly isWhole: boolean }[]> {
  const args = [...LIMITS, 'qemu-img', 'info', '--output=json', '-U', '-f', 'qcow2', path];
  const { stdout } = await runProgram('prlimit', args, { timeoutMs: SHORT_MS });
  const bitmaps = at(at(at(JSON.parse(stdout), 'format-specific'), 'data'), 'bitmaps') ?? [];
  if (!Array.isArray(bitmaps)) throw unexpected();
  return bitmaps.map((bitmap: unknown) => {
    const [name, flags] = [at(bitmap, 'name'), at(bitmap, 'flags')];
    if (typeof name !== 'string' || !Array.isArray(flags)) throw unexpected();
    return { name, isWhole: !flags.includes('in-use') };
  });
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function unexpected(): Fault {
  return new Fault('internal', 'QEMU_IMG_UNEXPECTED', 'qemu-img printed no list of bitmaps', {
    hint: 'Check the installed version of qemu-utils; 5.2 and newer are known.',
  });
}
