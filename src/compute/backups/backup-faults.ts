// What is said of backups that cannot be made or used.
import { Fault } from '../../base/index.ts';

export function corruptNote(problem: string, cause?: unknown): Fault {
  return new Fault('corrupt', 'WORK_NOTE_CORRUPT', `The note of unfinished work cannot be read: ${problem}`, {
    cause,
    hint: 'Look at the files that it should name, then remove it.',
  });
}

export function backupBroken(id: string, problem: string, cause?: unknown): Fault {
  return new Fault('corrupt', 'BACKUP_BROKEN', `The backup ${id} cannot be used: ${problem}`, {
    cause,
    hint: 'Restore another one, older than it or with a full one of its own: novalet backup list NAME',
    details: { backup: id },
  });
}

export function backupNotFound(wanted: string, directory: string): Fault {
  return new Fault(
    'not-found',
    'BACKUP_NOT_FOUND',
    `There is no backup "${wanted}" of the instance in ${directory}`,
    {
      hint: 'novalet backup list shows what there is; --from names another directory.',
      details: { backup: wanted },
    },
  );
}

export function hasIncrements(id: string, others: readonly string[]): Fault {
  return new Fault(
    'conflict',
    'BACKUP_HAS_INCREMENTS',
    `Other backups build on ${id}: ${others.join(', ')}`,
    {
      hint: 'Remove those first, or all of them at once with --increments.',
      details: { backup: id },
    },
  );
}

export function disksDiffer(id: string, disks: readonly string[]): Fault {
  return new Fault(
    'conflict',
    'BACKUP_DISKS_DIFFER',
    `The backup ${id} has disks that the instance does not have: ${disks.join(', ')}`,
    { hint: 'Attach disks of these names first, or restore a backup that has the same disks.' },
  );
}

export function snapshotsInTheWay(name: string, snapshots: readonly string[]): Fault {
  return new Fault(
    'conflict',
    'SNAPSHOTS_IN_THE_WAY',
    `Instance ${name} has snapshots in its disks, which would be lost: ${snapshots.join(', ')}`,
    { hint: `Remove them first: novalet snapshot remove ${name} SNAPSHOT` },
  );
}

export function placeClosed(user: string, directories: readonly string[]): Fault {
  return new Fault(
    'denied',
    'BACKUP_PLACE_CLOSED',
    `${user}, as whom QEMU writes the backup, may not pass through ${directories.join(' and ')}`,
    { hint: `Choose another directory, or: chmod o+x ${directories.join(' ')}` },
  );
}
