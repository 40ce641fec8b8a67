// SQLite's result codes as Faults. Codes: https://www.sqlite.org/rescode.html
import { errnoCode, Fault, type FaultKind } from '../base/index.ts';

interface Meaning {
  readonly kind: FaultKind;
  readonly code: string;
  readonly says: string;
  readonly hint: string;
}

const CORRUPT: Meaning = {
  kind: 'corrupt',
  code: 'STORE_CORRUPT',
  says: 'is damaged or is no database',
  hint: 'Restore it from a backup, or move it and its -wal and -shm files away: domains go on running, but novalet no longer knows them.',
};
const DENIED: Meaning = {
  kind: 'denied',
  code: 'STORE_DENIED',
  says: 'may not be read and written by this user',
  hint: 'Run as the user who owns the state directory (root for qemu:///system).',
};
const UNUSABLE: Meaning = {
  kind: 'unavailable',
  code: 'STORE_UNUSABLE',
  says: 'cannot be opened',
  hint: 'Check that its directory is there and that its file system works: novalet doctor',
};

/** By primary result code, the low byte of SQLite's code. */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [
    5,
    {
      kind: 'unavailable',
      code: 'STORE_BUSY',
      says: 'is being written by another process',
      hint: 'Try again; when it lasts, look for a stopped novalet process that holds it: fuser -v FILE',
    },
  ],
  [8, DENIED],
  [10, { ...UNUSABLE, says: 'cannot be read or written' }],
  [11, CORRUPT],
  [
    13,
    {
      kind: 'exhausted',
      code: 'STORE_FULL',
      says: 'cannot grow: its file system is full',
      hint: 'Make room on the file system of the state directory.',
    },
  ],
  [14, UNUSABLE],
  [23, DENIED],
  [26, CORRUPT],
]);

/** A Fault for what SQLite threw; anything else goes through unchanged. */
export function sqliteFault(path: string, error: unknown): unknown {
  const result = resultCode(error);
  if (result === undefined) return error;
  const meaning = MEANINGS.get(result & 0xff);
  if (meaning !== undefined) return meant(meaning, path, error, result);
  return new Fault('internal', 'STORE_FAILED', `SQLite refused a statement on ${path} (code ${result})`, {
    cause: error,
    details: { path, sqliteCode: result },
  });
}

/** A Fault for a file that did not open: from the file system, or from SQLite. */
export function openFault(path: string, error: unknown): unknown {
  switch (errnoCode(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return meant(DENIED, path, error);
    case 'ENOSPC':
    case 'EDQUOT':
      return meant(MEANINGS.get(13) ?? UNUSABLE, path, error);
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      return meant(UNUSABLE, path, error);
    default:
      return sqliteFault(path, error);
  }
}

/** A stored value is not what this version writes. */
export function corruptRecord(what: string, cause?: unknown): Fault {
  return new Fault('corrupt', CORRUPT.code, `A record in the database is damaged: ${what}`, {
    hint: CORRUPT.hint,
    ...(cause === undefined ? {} : { cause }),
  });
}

function meant(meaning: Meaning, path: string, cause: unknown, sqliteCode = 0): Fault {
  return new Fault(meaning.kind, meaning.code, `The database ${path} ${meaning.says}`, {
    cause,
    hint: meaning.hint,
    details: { path, sqliteCode },
  });
}

function resultCode(error: unknown): number | undefined {
  if (errnoCode(error) !== 'ERR_SQLITE_ERROR') return undefined;
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}
