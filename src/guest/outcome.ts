// What a fault says of something that had begun before it.
import { Fault, isFault } from '../base/index.ts';

/** The fault with the outcome `unknown`: what it knows of a later step does not undo what came before. */
export function leftOpen(error: unknown): unknown {
  if (!isFault(error) || error.outcome === 'unknown') return error;
  const { kind, code, message, hint, details } = error;
  const more = hint === undefined ? {} : { hint };
  return new Fault(kind, code, message, { ...more, details, cause: error, outcome: 'unknown' });
}
