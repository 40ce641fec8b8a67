// Keeps a disk from being started or written by anybody else while we work on a copy of it: a reader that holds QEMU's
// own image lock. It dies with us, so no lock is left behind. A plain reader of a raw disk shares it with writers, so the
// lock is taken below the format, by the driver that can be told what not to share.
// Rules: QEMU, docs/system/images, "disk image file locking"; BlockdevOptionsBlkdebug.
import { isFault } from '../../base/index.ts';
import { TalkingProgram } from '../../hostlink/index.ts';
import { type QemuFile, readImageInfo } from '../qemu-img.ts';
import { diskInUse } from './faults.ts';

const UNSHARED =
  'driver=blkdebug,unshare-child-perms.0=write,unshare-child-perms.1=resize,image.driver=file,image.filename=';

/** The prompt behind the answer to `length`. */
const ANSWERED = /\n[^\n]*qemu-io> $/;

/**
 * Takes the lock. Throws `OFFLINE_DISK_IN_USE` when somebody else has the disk open for writing, and `IMAGE_UNREADABLE`
 * when it is no disk of that format.
 */
export async function guardDisk(disk: QemuFile, signal?: AbortSignal): Promise<AsyncDisposable> {
  const path = disk.path.replaceAll(',', ',,'); // QEMU's way to write a comma in a list of options
  const reader = new TalkingProgram('qemu-io', ['-r', '--image-opts', `${UNSHARED}${path}`], { signal });
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
