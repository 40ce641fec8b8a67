// What is wrong with user data, and where. User data may hold secrets: nothing of their content is repeated, only names of
// keys and forms that stand where a name is expected.
import { Fault } from '../../base/index.ts';

/** Where something stands: the file as it was named, and the line in it, from 1. */
export interface Spot {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface Finding {
  readonly spot: Spot;
  readonly what: string;
  /** What to do about it. */
  readonly hint: string;
  readonly cause?: unknown;
}

/** A fault that begins with file and line; they are details of it too. */
export function problem(kind: 'invalid', code: string, { spot, what, hint, cause }: Finding): Fault {
  return new Fault(kind, code, `${spotWords(spot)}: ${what}`, { hint, cause, details: { ...spot } });
}

/** The first of several, which says where the others are. */
export function firstOf(problems: readonly Fault[]): Fault | undefined {
  const [first, ...others] = problems;
  if (first === undefined || others.length === 0) return first;
  const lines = others.slice(0, 5).map(({ details }) => spotWords(spotOf(details)));
  const rest = others.length > lines.length ? ` and ${others.length - lines.length} more` : '';
  return new Fault(
    'invalid',
    first.code,
    `${first.message} (and more is wrong: ${lines.join('; ')}${rest})`,
    {
      ...(first.hint === undefined ? {} : { hint: first.hint }),
      cause: first.cause,
      details: { ...first.details, problems: problems.length },
    },
  );
}

function spotOf({ file, line, column }: Fault['details']): Spot {
  return {
    file: String(file),
    ...(typeof line === 'number' ? { line } : {}),
    ...(typeof column === 'number' ? { column } : {}),
  };
}

function spotWords({ file, line, column }: Spot): string {
  const words = [file];
  if (line !== undefined) words.push(`line ${line}`);
  if (column !== undefined) words.push(`column ${column}`);
  return words.join(', ');
}

/** Bounded, for a message. */
export function shownName(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
}
