// What people call a thing: its name, its id, or the beginning of its id.
import type { Fault } from '../base/index.ts';

export interface Named {
  readonly id: string;
  readonly name: string;
}

/** Shorter beginnings of an id are too likely to be a misspelt name. */
const SHORTEST_PREFIX = 4;

/** The id that `ref` means. A name wins over an id, and a whole id over the beginning of one. */
export function pickByRef(
  ref: string,
  things: readonly Named[],
  notFound: () => Fault,
  ambiguous: (ref: string, names: readonly string[]) => Fault,
): string {
  const exact = things.find(({ name }) => name === ref) ?? things.find(({ id }) => id === ref.toLowerCase());
  if (exact !== undefined) return exact.id;
  if (ref.length < SHORTEST_PREFIX) throw notFound();
  const fitting = things.filter(({ id }) => id.startsWith(ref.toLowerCase()));
  const [first, ...others] = fitting;
  if (first === undefined) throw notFound();
  if (others.length > 0) {
    throw ambiguous(
      ref,
      fitting.map(({ name }) => name),
    );
  }
  return first.id;
}
