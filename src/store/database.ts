// One SQLite file: opened, asked, changed, with failures as Faults. Knows no table.
// SQLite is synchronous here on purpose: a statement takes microseconds, and a transaction never spans an await.
import { accessSync, chmodSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { errnoCode } from '../base/index.ts';
import { openFault, sqliteFault } from './sqlite-fault.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** How long a statement waits while another process writes. */
const BUSY_TIMEOUT_MS = 10_000;

export class Database implements Disposable {
  readonly path: string;
  readonly #sqlite: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  #inTransaction = false;

  /**
   * Opens the file, made with mode 0600 when it is not there; its directory must be there. `open` may give what stands
   * for the file instead.
   */
  constructor(path: string, open: (path: string) => DatabaseSync = openFile) {
    this.path = path;
    try {
      this.#sqlite = open(path);
    } catch (error) {
      throw openFault(path, error);
    }
    // FULL: a record of an instance is on the disk before its domain is made, also when the power fails.
    this.script('PRAGMA synchronous = FULL');
  }

  /** The first row, or undefined. */
  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values));
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#guard(() => this.#statement(sql).all(...values));
  }

  /** Runs one statement and gives the number of rows that it changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return this.#guard(() => Number(this.#statement(sql).run(...values).changes));
  }

  /** Runs statements that take no values. */
  script(sql: string): void {
    this.#guard(() => this.#sqlite.exec(sql));
  }

  /**
   * Runs `work` as one transaction that holds the write lock from its beginning; what it throws undoes it.
   * Inside another transaction it becomes part of that one.
   */
  transaction<T>(work: () => T): T {
    if (this.#inTransaction) return work();
    this.script('BEGIN IMMEDIATE');
    this.#inTransaction = true;
    try {
      const result = work();
      this.script('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  /** Closes the file; a second time does nothing. */
  close(): void {
    if (this.#sqlite.isOpen) this.#sqlite.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #rollBack(): void {
    if (this.#sqlite.isOpen && this.#sqlite.isTransaction) this.script('ROLLBACK');
  }

  #statement(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#sqlite.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  #guard<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw sqliteFault(this.path, error);
    }
  }
}

/** SQLite's own name for a database that no file holds. */
const IN_MEMORY = ':memory:';

function openFile(path: string): DatabaseSync {
  if (path !== IN_MEMORY) ensurePrivateFile(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  database.exec('PRAGMA secure_delete = ON'); // the user data of a deleted instance do not stay in the file
  return database;
}

/**
 * SQLite would make the file with the umask's mode; its journal files take over the mode of the file. An existing
 * file is never opened here: closing any descriptor of it would drop the locks that this process holds on it.
 */
function ensurePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error;
    const { mode, uid } = statSync(path);
    const mayChange = process.geteuid?.() === 0 || process.geteuid?.() === uid;
    if ((mode & 0o077) !== 0 && mayChange) chmodSync(path, 0o600);
    // SQLite says "cannot open" for every reason, and opens for reading alone where it may not write.
    accessSync(path, constants.R_OK | constants.W_OK);
    accessSync(dirname(path), constants.W_OK | constants.X_OK); // for its journal files
  }
}
