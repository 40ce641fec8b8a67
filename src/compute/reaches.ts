// Every reach into a guest passes here: whether its subject may, and one line of the audit about it.
// Knows privileges and the audit; knows no agent and no lane.
import {
  type AuditBeginning,
  type AuditEntry,
  type AuditLog,
  demand,
  type Privilege,
  type Subject,
} from '../audit/index.ts';
import { asFault, Fault } from '../base/index.ts';
import type { Via } from '../guest/index.ts';
import type { Instance } from '../model/index.ts';
import { named } from './hints.ts';

export interface Reach {
  readonly privilege: Privilege;
  /** The act: `exec`, `copyIn` … */
  readonly what: string;
  /** A program's name, or a path. */
  readonly target?: string | null | undefined;
  /** Recorded only where the operator asked for arguments. */
  readonly arguments?: readonly string[] | undefined;
  readonly guestUser?: string | undefined;
}

/** What the end of a reach adds to its line. */
export interface ReachEnd {
  readonly via?: Via | null;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
}

export interface Origin {
  readonly subject: Subject;
  /** `cli`, `library`, or `ssh HOST:PORT`. */
  readonly origin: string;
}

export class Reaches {
  readonly #audit: AuditLog;
  readonly #by: Origin;
  readonly #isRecorded: boolean;

  constructor(audit: AuditLog, by: Origin, isRecorded = true) {
    this.#audit = audit;
    this.#by = by;
    this.#isRecorded = isRecorded;
  }

  /** The same audit for somebody else. */
  of(by: Origin): Reaches {
    return new Reaches(this.#audit, by);
  }

  /** Checks as ever, and leaves the lines to somebody who knows more of each reach. */
  unrecorded(): Reaches {
    return new Reaches(this.#audit, this.#by, false);
  }

  /** Throws `PRIVILEGE_MISSING`, `INSTANCE_NOT_FOUND` for what the subject may not know of, and `AUDIT_UNWRITABLE`. */
  begin(instance: Instance, reach: Reach): AuditEntry {
    const { subject, origin } = this.#by;
    const { privilege, what, guestUser } = reach;
    const beginning: AuditBeginning = {
      subject: subject.name,
      origin,
      instance: { id: instance.id, name: instance.name },
      privilege,
      what,
      target: reach.target ?? null,
      arguments: reach.arguments,
      guestUser: guestUser ?? null,
    };
    const entry = this.#isRecorded ? this.#audit.begin(beginning) : this.#audit.beginUnrecorded(beginning);
    try {
      demand({ subject, privilege, instance, guestUser, notFound: () => notFound(instance.name) });
    } catch (error) {
      entry.fail(asFault(error));
      throw error;
    }
    return entry;
  }

  /** Checks, does the work, and records how it ended; `ending` reads from the result what the line shows. */
  async made<T>(
    instance: Instance,
    reach: Reach,
    work: () => Promise<T>,
    ending: (result: T) => ReachEnd = () => ({}),
  ): Promise<T> {
    const entry = this.begin(instance, reach);
    let result: T;
    try {
      result = await work();
    } catch (error) {
      const fault = asFault(named(error, instance)); // not the clearing up of a program that could not be reached any more
      entry.fail(fault);
      throw fault;
    }
    done(entry, ending(result));
    return result;
  }
}

/** Ends the line of a reach that went well. */
export function done(entry: AuditEntry, { via = null, exitCode = null, signal = null }: ReachEnd): void {
  entry.end({ outcome: 'ok', code: null, via, exitCode, signal, bytesIn: null, bytesOut: null });
}

function notFound(name: string): Fault {
  return new Fault('not-found', 'INSTANCE_NOT_FOUND', `There is no instance "${name}"`, {
    hint: 'novalet list shows all instances.',
  });
}
