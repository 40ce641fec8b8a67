// Linux's signals by name and by number.
import { constants } from 'node:os';
import { Fault } from '../../base/index.ts';
import type { SignalName } from '../road.ts';

/** Other names of the same numbers. */
const ALIASES: readonly string[] = ['SIGIOT', 'SIGPOLL', 'SIGUNUSED'];
const NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(constants.signals));
const NAMES: ReadonlyMap<number, string> = new Map(
  [...NUMBERS].filter(([name]) => !ALIASES.includes(name)).map(([name, number]) => [number, name]),
);

/** Throws `EXEC_SIGNAL_UNKNOWN`. */
export function signalNumber(name: SignalName): number {
  const number = NUMBERS.get(name);
  if (number !== undefined) return number;
  throw new Fault('invalid', 'EXEC_SIGNAL_UNKNOWN', `There is no signal ${name}`, {
    hint: 'Name one such as SIGTERM or SIGHUP.',
  });
}

/** `SIGKILL` …; `SIG35` for one without a name. */
export function signalName(number: number): SignalName {
  const name = NAMES.get(number)?.slice('SIG'.length) ?? String(number);
  return `SIG${name}`;
}
