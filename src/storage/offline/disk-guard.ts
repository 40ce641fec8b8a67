// Keeps a disk from being started or written by anybody else while we work on a copy of it: a reader that holds QEMU's
// own image lock. It dies with us, so no lock is left behind. Rules: QEMU, docs/system/images, "disk image file locking".
import { isFault } from '../../base/index.ts';
import { TalkingProgram } from '../../hostlink/index.ts';
import { type QemuFile, readImageInfo } from '../qemu-img.ts';
import { diskInUse } from './faults.ts';

/** The prompt behind the answer to `length`. */
const ANSWERED = /\n[^\n]*qemu-io> $/;

/**
 * Takes the lock. Throws `OFFLINE_DISK_IN_USE` when somebody else has the disk open for writing, and `IMAGE_UNREADABLE`
 * when it is no disk of that format.
 */
export async function guardDisk(disk: QemuFile, signal?: AbortSignal): Promise<AsyncDisposable> {
  const reader = new TalkingProgram('qemu-io', ['-r', '-f', disk.format, disk.path], { signal });
  try {
    await reader.say('length\n', ANSWERED);
    return reader;
  } catch (error) {
    await reader[Symbol.asyncDispose]();
    if (!isFault(error, 'PROGRAM_FAILED')) throw error;
    await readImageInfo(disk, { signal }); // looks past the lock: what it can read was only locked
    throw diskInUse(error);
  }
}
