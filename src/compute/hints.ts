// Hints of what lies below, which knows guests and disks and no instance: NAME in a command of ours stands for its name.
import { Fault, isFault } from '../base/index.ts';
import type { Instance } from '../model/index.ts';

/** `novalet exec NAME`, `novalet keys list NAME`, `novalet ls -l NAME:PATH`. */
const COMMAND = /(\bnovalet(?: [a-z-]+)+ )NAME\b/g;

/** The same failure, whose hint is a command to copy. Anything that needs no name goes through as it is. */
export function named(error: unknown, { name }: Pick<Instance, 'name'>): unknown {
  if (!isFault(error) || error.hint === undefined) return error;
  const hint = error.hint.replace(COMMAND, `$1${name}`);
  if (hint === error.hint) return error;
  const { kind, code, message, outcome, details, cause, stack } = error;
  const told = new Fault(kind, code, message, { hint, outcome, details, cause });
  if (stack !== undefined) told.stack = stack;
  return told;
}
