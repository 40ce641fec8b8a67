// A database file copied into memory without a trace: no lock file, no journal and no byte of it is written.
// SQLite leaves -wal and -shm behind where it reads alone (https://www.sqlite.org/wal.html#readonly), so a file that
// nobody has open is read as immutable, and read again when somebody wrote to it meanwhile.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { errnoCode, Fault } from '../base/index.ts';
import { integer, text } from './row.ts';

/** One takes milliseconds, and is in vain only when another process opens or closes the file within them. */
const READINGS = 10;
/** How long a reading waits for whoever opens or closes the file. */
const BUSY_TIMEOUT_MS = 10_000;

/** An empty database where there is no file. */
export function copyInMemory(path: string): DatabaseSync {
  let failure: unknown;
  for (let reading = 0; reading < READINGS; reading++) {
    const before = stampOf(path);
    if (before === undefined) return emptyDatabase();
    const isOpenElsewhere = existsSync(`${path}-wal`);
    try {
      const copy = copyOf(path, isOpenElsewhere);
      if (isOpenElsewhere || stampOf(path) === before) return copy; // SQLite's own locks hold where there is a journal
      copy.close();
    } catch (error) {
      if (!isOpenElsewhere && stampOf(path) === before) throw error; // nobody was at it
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  throw new Fault('unavailable', 'STORE_BUSY', `The database ${path} is being written by other processes`, {
    hint: 'Try again.',
  });
}

function emptyDatabase(): DatabaseSync {
  return new DatabaseSync(':memory:', { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
}

/** Another one means that somebody wrote to the file or has it open. Undefined where there is none. */
function stampOf(path: string): string | undefined {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    accessSync(path, constants.R_OK); // SQLite says "cannot open" for every reason
    return `${ino} ${size} ${mtimeNs} ${existsSync(`${path}-wal`)}`;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function copyOf(path: string, isOpenElsewhere: boolean): DatabaseSync {
  const copy = emptyDatabase();
  try {
    copy.prepare('ATTACH ? AS file').run(uriOf(path, isOpenElsewhere));
    copy.exec('BEGIN');
    const made = copy.prepare('SELECT type, name, sql FROM file.sqlite_schema WHERE sql IS NOT NULL').all();
    for (const row of made) {
      copy.exec(text(row, 'sql'));
      const name = `"${text(row, 'name')}"`;
      if (text(row, 'type') === 'table') copy.exec(`INSERT INTO main.${name} SELECT * FROM file.${name}`);
    }
    const version = copy.prepare('PRAGMA file.user_version').get() ?? {};
    copy.exec(`PRAGMA main.user_version = ${integer(version, 'user_version')}`);
    copy.exec('COMMIT');
    copy.exec('DETACH file');
    return copy;
  } catch (error) {
    copy.close();
    throw error;
  }
}

/** The index of a journal is read as it is; where it is missing, only a connection that may make it can read the journal. */
function uriOf(path: string, isOpenElsewhere: boolean): string {
  const { href } = pathToFileURL(path);
  if (!isOpenElsewhere) return `${href}?mode=ro&immutable=1`;
  return existsSync(`${path}-shm`) ? `${href}?mode=ro&readonly_shm=1` : `${href}?mode=ro`;
}
