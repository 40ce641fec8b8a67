// The audit: a file of NDJSON lines that any number of processes append to. A reach is begun here before it is made and
// ended when it is over; one that could not be recorded is refused at its beginning.
// Rules: write(2) on a file opened with O_APPEND is one act, so lines of several processes never mix.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoCode, Fault, MIB, newUuid } from '../base/index.ts';
import { type AuditRecord, formatAuditLine, STARTED_AFTER_MS } from './audit-line.ts';

export interface AuditLogOptions {
  /** `<state>/audit.ndjson`. */
  readonly path: string;
  /** Whether arguments of programs are written; they may hold secrets. */
  readonly arguments: boolean;
  /** When the file is this large it gets another name and a new one begins. */
  readonly rotateBytes: number;
  /** How many files are kept besides the one that is written. */
  readonly keep: number;
  readonly now?: () => Date;
}

/** What is known when a reach begins; the rest of the record comes at its end. */
export type AuditBeginning = Pick<
  AuditRecord,
  'subject' | 'origin' | 'instance' | 'privilege' | 'what' | 'target' | 'arguments' | 'guestUser'
>;
export type AuditEnding = Omit<AuditRecord, keyof AuditBeginning | 'ms' | 'reach'> & {
  readonly via: string | null;
};

const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
/** Below this a reach is refused: room for the lines of what runs already. */
const LEAST_ROOM = MIB;
/** Lines that wait for room again; as many reaches may end while the disk is full before lines are lost. */
const MOST_WAITING = 10_000;

export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #now: () => Date;
  /** Lines that could not be written when they were due, oldest first. */
  #waiting: string[] = [];
  #lost = 0;
  /** Part of a line is in the file; the next write begins with a line feed. */
  #isTorn = false;

  constructor(options: AuditLogOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  /** Lines that have been dropped for good since this process began. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * Call before reaching in. Throws `AUDIT_UNWRITABLE` when the line could not be written: nothing is done that leaves
   * no trace. Call `end` of what it returns exactly once.
   */
  begin(beginning: AuditBeginning): AuditEntry {
    this.check();
    return new AuditEntry(beginning, (rest) => this.write({ ...beginning, ...rest }));
  }

  /** As `begin`, for what somebody else writes the line of. */
  beginUnrecorded(beginning: AuditBeginning): AuditEntry {
    this.check();
    return new AuditEntry(beginning, () => {});
  }

  /** Writes a record as it is, for what is over at once (a refusal). Never throws: see `begin`. */
  write(record: AuditRecord): void {
    const { arguments: given, ...rest } = record;
    const kept = this.#options.arguments && given !== undefined ? { ...rest, arguments: given } : rest;
    this.#waiting.push(formatAuditLine(kept, this.#now(), process.pid));
    try {
      this.#flush();
    } catch (error) {
      if (errnoCode(error) === undefined) throw error;
      this.#dropSurplus(); // the next beginning is refused with this very error
    }
  }

  #dropSurplus(): void {
    const surplus = this.#waiting.length - MOST_WAITING;
    if (surplus <= 0) return;
    this.#waiting.splice(0, surplus);
    this.#lost += surplus;
  }

  /** Throws `AUDIT_UNWRITABLE` when a line could not be written now. */
  check(): void {
    const { path } = this.#options;
    try {
      this.#flush();
      const { bavail, bsize } = statfsSync(dirname(path));
      if (bavail * bsize >= LEAST_ROOM) return;
    } catch (error) {
      throw unwritable(path, errnoCode(error) ?? 'it failed', error);
    }
    throw unwritable(path, 'its disk is full');
  }

  #flush(): void {
    const { path, rotateBytes } = this.#options;
    const fd = openSync(path, FLAGS, 0o600);
    try {
      while (this.#waiting.length > 0) this.#append(fd, this.#waiting[0] ?? '');
      if (fstatSync(fd).size >= rotateBytes) this.#rotate(fd);
    } finally {
      closeSync(fd);
    }
  }

  #append(fd: number, line: string): void {
    const bytes = Buffer.from(this.#isTorn ? `\n${line}` : line, 'ascii');
    const written = writeSync(fd, bytes);
    this.#isTorn = written < bytes.length;
    if (this.#isTorn) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
    this.#waiting.shift();
  }

  /**
   * Moves the file away by one rename, under a name nobody else gives. Of two processes that do so at once, the second
   * finds nothing, or moves a file that has only just begun: either way no line is lost, and one on its way to the old
   * file stays in it.
   */
  #rotate(fd: number): void {
    const { path } = this.#options;
    const stamp = this.#now().toISOString().replace(/[-:]/g, '');
    const target = `${path}.${stamp}-${newUuid()}`;
    const ours = fstatSync(fd, { bigint: true }).ino;
    try {
      if (lstatSync(path, { bigint: true }).ino !== ours) return;
      renameSync(path, target);
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw error; // moved by another process
    }
    this.#prune();
  }

  #prune(): void {
    const { path, keep } = this.#options;
    const folder = dirname(path);
    const prefix = `${basename(path)}.`;
    const old = readdirSync(folder)
      .filter((name) => name.startsWith(prefix))
      .sort()
      .reverse();
    for (const name of old.slice(keep)) {
      try {
        unlinkSync(join(folder, name));
      } catch (error) {
        if (errnoCode(error) !== 'ENOENT') throw error; // another process was quicker
      }
    }
  }
}

type Rest = Omit<AuditRecord, keyof AuditBeginning>;

/** The ending of a line that is written before the end. */
const STARTED: AuditEnding = {
  outcome: 'started',
  code: null,
  exitCode: null,
  signal: null,
  bytesIn: null,
  bytesOut: null,
  via: null,
};

/** A reach that has begun. */
export class AuditEntry {
  readonly beginning: AuditBeginning;
  readonly #began = performance.now();
  readonly #write: (rest: Rest) => void;
  readonly #long: NodeJS.Timeout;
  #reach: string | undefined;
  #isOver = false;

  constructor(beginning: AuditBeginning, write: (rest: Rest) => void) {
    this.beginning = beginning;
    this.#write = write;
    this.#long = setTimeout(() => {
      this.#reach = newUuid();
      this.#tell(STARTED);
    }, STARTED_AFTER_MS).unref();
  }

  /** Writes the line. Only the first call counts. */
  end(ending: AuditEnding): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#long);
    this.#tell(ending);
  }

  #tell(ending: AuditEnding): void {
    this.#write({ ...ending, ms: performance.now() - this.#began, reach: this.#reach });
  }

  /** Writes the line of a reach that failed. */
  fail(fault: Fault, sofar: Partial<AuditEnding> = {}): void {
    this.end({
      exitCode: null,
      signal: null,
      bytesIn: 0,
      bytesOut: 0,
      via: null,
      ...sofar,
      outcome: outcomeOf(fault),
      code: fault.code,
    });
  }
}

/** How a fault counts in the audit. */
export function outcomeOf(fault: Fault): AuditRecord['outcome'] {
  if (fault.kind === 'denied') return 'denied';
  if (fault.kind === 'cancelled') return 'cancelled';
  return fault.outcome === 'unknown' ? 'unknown' : 'failed';
}

function unwritable(path: string, why: string, cause?: unknown): Fault {
  return new Fault('unavailable', 'AUDIT_UNWRITABLE', `The audit file ${path} cannot be written: ${why}`, {
    cause,
    hint: `Make room on its disk or correct its permissions: df ${dirname(path)}; ls -l ${path}`,
  });
}
