// The stage of a rebuild: a folder in the instance's directory where all new files are made beside the old ones, and from
// where they take their places. Every function may run again after it was killed in the middle.
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../../base/index.ts';
import { makeDirectory } from '../../hostlink/index.ts';
import type { Instance } from '../../model/index.ts';
import { namesIn } from '../../storage/index.ts';
import { STAGE } from './plan-rebuild.ts';

/** QEMU's user passes through, and looks around nowhere. */
const DIRECTORY_MODE = 0o711;
/** Holds the id of the image that the old disk was made from, whose base may go. */
const REPLACED = 'replaced-image';
/** Files that only some images need. */
const OPTIONAL = ['disk.local', 'disk.swap', 'disk.config', 'disk.agent', 'kernel', 'ramdisk'] as const;

/** Empty, whatever was in it; makes the instance's directory too where that is missing. */
export async function openStage(directory: string, replacedImage: string): Promise<void> {
  const stage = join(directory, STAGE);
  await removeStage(directory);
  await makeDirectory(stage, DIRECTORY_MODE);
  for (const path of [directory, stage]) await chmod(path, DIRECTORY_MODE); // whatever the umask was
  await writeFile(join(stage, REPLACED), replacedImage);
}

/** Fine where there is none. */
export async function removeStage(directory: string): Promise<void> {
  await rm(join(directory, STAGE), { recursive: true, force: true });
}

/** Undefined where there is no stage any more. */
export async function replacedImage(directory: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, STAGE, REPLACED), 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The new files take their places, and what the instance does not have any more goes. The stage itself stays. */
export async function takePlaces(
  directory: string,
  { disks, image }: Pick<Instance, 'disks' | 'image'>,
): Promise<void> {
  const stage = join(directory, STAGE);
  for (const name of await namesIn(stage)) {
    if (name !== REPLACED) await rename(join(stage, name), join(directory, name));
  }
  const wanted = new Set<string>([
    ...disks.map(({ fileName }) => fileName),
    ...(image.properties['kernel_id'] === undefined ? [] : ['kernel']),
    ...(image.properties['ramdisk_id'] === undefined ? [] : ['ramdisk']),
  ]);
  for (const name of OPTIONAL) if (!wanted.has(name)) await rm(join(directory, name), { force: true });
}
