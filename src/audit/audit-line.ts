// One line of the audit: what is written of a reach into a guest, and that it is one line of at most 4 KiB whatever
// the guest or its user made the strings of. Pure. Rules: RFC 8259, and ASCII only, so that neither a terminal nor a
// reader that splits at U+2028 can be led astray.

/** `started`: it goes on, and another line comes at its end. */
export type AuditOutcome = 'ok' | 'failed' | 'denied' | 'cancelled' | 'unknown' | 'started';

/** A reach that lasts so long has a line before its end, too: who is killed in the middle leaves that one. */
export const STARTED_AFTER_MS = 5000;

/** Facts of one reach. Never holds argv beyond the program, an environment, standard input or a password. */
export interface AuditRecord {
  readonly subject: string;
  /** `cli`, `library`, or `ssh HOST:PORT`. */
  readonly origin: string;
  readonly instance: { readonly id: string; readonly name: string };
  readonly privilege: string;
  /** The act: `exec`, `read-file`, `sftp` … */
  readonly what: string;
  /** The program's name, or a path. */
  readonly target: string | null;
  /** Left out unless the operator asked for arguments (`audit.arguments`). */
  readonly arguments?: readonly string[] | undefined;
  readonly guestUser: string | null;
  readonly outcome: AuditOutcome;
  /** The fault's code. */
  readonly code: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Into the guest; null where nobody counted. */
  readonly bytesIn: number | null;
  /** Out of the guest. */
  readonly bytesOut: number | null;
  readonly via: string | null;
  readonly ms: number;
  /** The same in both lines of a reach that has two; left out where there is one. */
  readonly reach?: string | undefined;
}

export const LONGEST_LINE = 4096;
/** In place of what was cut off. */
const CUT = '...';
/** Tried in this order until the line fits; the last one always does. */
const FIELD_LENGTHS = [1024, 256, 64, 16];
const MOST_ARGUMENTS = 64;

/** The line with its line feed. `time` in ISO 8601, UTC. */
export function formatAuditLine(record: AuditRecord, time: Date, pid: number): string {
  for (const length of FIELD_LENGTHS) {
    const line = `${ascii(JSON.stringify(cutRecord(record, time, { pid, length })))}\n`;
    if (line.length <= LONGEST_LINE) return line;
  }
  const { arguments: _left, ...rest } = record;
  return `${ascii(JSON.stringify(cutRecord(rest, time, { pid, length: 16 })))}\n`;
}

function cutRecord(
  record: AuditRecord,
  time: Date,
  { pid, length }: { pid: number; length: number },
): object {
  const cut = (text: string) => cutText(text, length);
  const orNull = (text: string | null) => (text === null ? null : cut(text));
  return {
    time: time.toISOString(),
    subject: cut(record.subject),
    origin: cut(record.origin),
    pid,
    instance: { id: cut(record.instance.id), name: cut(record.instance.name) },
    privilege: cut(record.privilege),
    what: cut(record.what),
    target: orNull(record.target),
    ...(record.arguments === undefined ? {} : { arguments: cutList(record.arguments, cut) }),
    guestUser: orNull(record.guestUser),
    outcome: record.outcome,
    code: orNull(record.code),
    exitCode: record.exitCode,
    signal: orNull(record.signal),
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    via: orNull(record.via),
    ms: Math.round(record.ms),
    ...(record.reach === undefined ? {} : { reach: cut(record.reach) }),
  };
}

function cutList(list: readonly string[], cut: (text: string) => string): string[] {
  const kept = list.slice(0, MOST_ARGUMENTS).map(cut);
  return list.length > MOST_ARGUMENTS ? [...kept, CUT] : kept;
}

function cutText(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length) + CUT;
}

/** JSON stays the same value when a character stands as its escape. */
function ascii(json: string): string {
  return json.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
