// New files for several disks of an instance, which take the old ones' places all together: each is written whole under a name
// with an ending, then a note names them (work-note.ts), then each gets its name. Whoever finds the note goes on there.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../../base/index.ts';
import { sync } from '../../storage/index.ts';

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
