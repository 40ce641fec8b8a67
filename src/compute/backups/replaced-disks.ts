// New files for several disks of an instance, which take the old ones' places all together: each is written whole under a name
// with an ending, then a note names them (work-note.ts), then each gets its name. Whoever finds the note goes on there.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import { inspectImage, sync } from '../../storage/index.ts';
import { instancePaths } from '../paths.ts';
import type { Tools } from '../tools.ts';

const ENDING = '.restored';

/** Where the new content of a disk is written. */
export function replacementOf(directory: string, fileName: string): string {
  return join(directory, `${fileName}${ENDING}`);
}

/** Fine for those that are in their place already. */
export async function putInPlace(directory: string, fileNames: readonly string[]): Promise<void> {
  for (const fileName of fileNames) {
    try {
      await rename(replacementOf(directory, fileName), join(directory, fileName));
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw error;
    }
  }
  await sync(directory);
}

/** A disk that had grown is as large as it was: what its file says goes into the record. */
export async function recordSizes(
  tools: Tools,
  { id, disks, volumes }: Instance,
  fileNames: readonly string[],
): Promise<void> {
  const { directory } = instancePaths(tools.paths.instances, id);
  const sizes = new Map<string, number>();
  const own = volumes.flatMap(({ source }) => (source?.kind === 'own' ? [source] : []));
  for (const { fileName, format } of [...disks, ...own]) {
    if (!fileNames.includes(fileName)) continue;
    const { virtualSizeBytes, sizeBytes } = await inspectImage(join(directory, fileName));
    sizes.set(fileName, format === 'raw' ? sizeBytes : virtualSizeBytes);
  }
  tools.store.instances.change(id, (current) => ({
    ...current,
    disks: current.disks.map((disk) => ({ ...disk, sizeBytes: sizes.get(disk.fileName) ?? disk.sizeBytes })),
    volumes: current.volumes.map((volume) =>
      volume.source?.kind === 'own'
        ? { ...volume, sizeBytes: sizes.get(volume.source.fileName) ?? volume.sizeBytes }
        : volume,
    ),
  }));
}
