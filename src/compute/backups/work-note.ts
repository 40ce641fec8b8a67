// What a longer work on an instance leaves outside its directory, noted in it before it is made: whoever takes over after
// `kill -9` removes it. The note is gone when the work is done.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aBoolean, anObject, aString, errnoCode, listOf, orNull, Place } from '../../base/index.ts';
import { publish, temporaryFor } from '../../storage/index.ts';
import { corruptNote } from './backup-faults.ts';

export interface WorkNote {
  /** Absolute paths of files and directories that are nobody's until the work is done. */
  readonly unfinished: readonly string[];
  /** The checkpoint that begins with the copy; null where none does. */
  readonly checkpoint: string | null;
  /** The domain was off, and was started for this, without letting its processors run. */
  readonly isStartedForThis: boolean;
  /** New files in the instance's directory that take the place of those without the ending, all of them or none. */
  readonly replacing: readonly string[];
}

const NAME = 'work.json';
const noteShape = anObject<WorkNote>({
  unfinished: listOf(aString),
  checkpoint: orNull(aString),
  isStartedForThis: aBoolean,
  replacing: listOf(aString),
});

export const NO_WORK: WorkNote = {
  unfinished: [],
  checkpoint: null,
  isStartedForThis: false,
  replacing: [],
};

/** Written whole before it returns. `directory` is the instance's. */
export async function writeWorkNote(directory: string, note: WorkNote): Promise<void> {
  const path = join(directory, NAME);
  const temporary = await temporaryFor(path);
  await writeFile(temporary, JSON.stringify(note), { mode: 0o600, flag: 'wx' });
  await publish(temporary, path);
}

/** Undefined where there is none. */
export async function readWorkNote(directory: string): Promise<WorkNote | undefined> {
  const path = join(directory, NAME);
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return noteShape(value, new Place(path, (at, problem) => corruptNote(`${at} ${problem}`)));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error instanceof SyntaxError ? corruptNote(`${path} is not JSON`, error) : error;
  }
}

export async function removeWorkNote(directory: string): Promise<void> {
  await rm(join(directory, NAME), { force: true });
}
