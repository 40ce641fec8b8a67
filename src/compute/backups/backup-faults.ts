// What is said of backups that cannot be made or used.
import { Fault } from '../../base/index.ts';

export function corruptNote(problem: string, cause?: unknown): Fault {
  return new Fault('corrupt', 'WORK_NOTE_CORRUPT', `The note of unfinished work cannot be read: ${problem}`, {
    cause,
    hint: 'Look at the files that it should name, then remove it.',
  });
}
