// Marks inside a qcow2 (its internal snapshots), of a disk that nobody has open. By qemu-img, which takes no format for them:
// the driver is named all the same, so that no content can choose it.
import { Fault } from '../base/index.ts';
import { runProgram } from '../hostlink/index.ts';

export interface DiskMarks {
  /** Names of the marks. */
  readonly marks: readonly string[];
  /** Names of the bitmaps that record what changed. */
  readonly bitmaps: readonly string[];
}

const LOOK_MS = 60_000;
/** A mark counts every cluster of the disk once. */
const WRITE_MS = 600_000;

/** `unlocked` looks at a disk that a guest has open. */
export async function readDiskMarks(path: string, unlocked = false): Promise<DiskMarks> {
  const args = ['info', '--output=json', ...(unlocked ? ['-U'] : []), '--image-opts', optionsOf(path)];
  const { stdout } = await runProgram('qemu-img', args, { timeoutMs: LOOK_MS });
  const facts: unknown = JSON.parse(stdout);
  const data = memberOf(memberOf(facts, 'format-specific'), 'data');
  return { marks: namesIn(memberOf(facts, 'snapshots')), bitmaps: namesIn(memberOf(data, 'bitmaps')) };
}

export async function addDiskMark(path: string, name: string): Promise<void> {
  await snapshot(path, '-c', name);
}

/** The disk is as it was, also as large; what was written since is gone. */
export async function goBackToMark(path: string, name: string): Promise<void> {
  await snapshot(path, '-a', name);
}

/** One that is not there is fine. */
export async function removeDiskMark(path: string, name: string): Promise<void> {
  const { marks } = await readDiskMarks(path);
  if (marks.includes(name)) await snapshot(path, '-d', name);
}

/** What they say of a disk that went back to a mark is no longer true. */
export async function removeBitmaps(path: string): Promise<void> {
  const { bitmaps } = await readDiskMarks(path);
  for (const bitmap of bitmaps) {
    const args = ['bitmap', '--remove', '--image-opts', optionsOf(path), bitmap];
    await runProgram('qemu-img', args, { timeoutMs: LOOK_MS });
  }
}

async function snapshot(path: string, act: '-a' | '-c' | '-d', name: string): Promise<void> {
  await runProgram('qemu-img', ['snapshot', '-q', act, name, '--image-opts', optionsOf(path)], {
    timeoutMs: WRITE_MS,
  });
}

function optionsOf(path: string): string {
  return `driver=qcow2,file.driver=file,file.filename=${path.replaceAll(',', ',,')}`;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function namesIn(list: unknown): readonly string[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw unexpected();
  return list.map((entry: unknown) => {
    const name = memberOf(entry, 'name');
    if (typeof name !== 'string') throw unexpected();
    return name;
  });
}

function unexpected(): Fault {
  return new Fault('internal', 'QEMU_IMG_UNEXPECTED', 'qemu-img printed a list of another kind', {
    hint: 'Check the installed version of qemu-utils; 5.2 and newer are known.',
  });
}
