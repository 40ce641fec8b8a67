// Operands and values of the commands about jobs.
import { constants } from 'node:os';
import { InvalidArgumentError } from 'commander';

export const JOB = 'id of the job, as novalet jobs shows it';

/** `TERM` and `SIGTERM` alike. */
export function parseSignal(text: string): `SIG${string}` {
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}` as const;
  if (Object.hasOwn(constants.signals, name)) return name;
  throw new InvalidArgumentError('It is not the name of a signal, such as TERM, INT or HUP.');
}
