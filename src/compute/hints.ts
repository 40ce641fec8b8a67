// Hints of what lies below, which knows guests and disks and no instance: NAME in a command of ours stands for its name.
import { Fault, isFault } from '../base/index.ts';
import type { Instance } from '../model/index.ts';

/** `novalet exec NAME`, `novalet keys list NAME`, `novalet ls -l NAME:PATH`. */
const COMMAND = /(\bnovalet(?: [a-z-]+)+ )NAME\b/g;

type Named = Pick<Instance, 'name'> & Partial<Pick<Instance, 'adoption' | 'domainName'>>;

/** The same failure, whose hint is a command to copy. Anything that needs no name goes through as it is. */
export function named(error: unknown, instance: Named): unknown {
  if (!isFault(error) || error.hint === undefined) return error;
  const { name, adoption = null } = instance;
  const isAdopted = error.code === 'AGENT_ABSENT' && adoption !== null;
  const hint = isAdopted ? channelHint(instance) : error.hint.replace(COMMAND, `$1${name}`);
  if (hint === error.hint) return error;
  const { kind, code, message, outcome, details, cause, stack } = error;
  const told = new Fault(kind, code, message, { hint, outcome, details, cause });
  if (stack !== undefined) told.stack = stack;
  return told;
}

/** How an adopted domain gets the channel of an agent. */
export function channelHint({ name, domainName = name }: Named): string {
  return `Its domain was adopted without one: novalet adopt ${domainName} --add-channel adds it; the guest needs an agent too.`;
}
