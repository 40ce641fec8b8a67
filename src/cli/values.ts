// Reading what options say: numbers, sizes, pairs. A value that cannot be meant is an `OPTION_INVALID` fault.
import { Fault, parseBytes } from '../base/index.ts';

/** `90` or `0.5` → milliseconds. */
export function parseSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0 && seconds <= 2_000_000)) {
    throw invalid(`"${text}" is not a number of seconds`, 'Write a number above 0, for example 90.');
  }
  return Math.round(seconds * 1000);
}

/** A whole number of at least `least`. */
export function wholeNumber(what: string, least: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least) return value;
    throw invalid(
      `${what} is not a whole number of at least ${least}: "${text}"`,
      `Write a number, for example ${least + 1}.`,
    );
  };
}

/** `4` in `unit` bytes, or a size such as `2G`; always a whole number of units. */
export function quantity(what: string, unit: number): (text: string) => number {
  return (text) => {
    const amount = /^\d+$/.test(text) ? Number(text) : parseBytes(text, what) / unit;
    if (Number.isSafeInteger(amount)) return amount;
    throw invalid(`${what} is too fine: "${text}"`, 'Write a multiple of the unit that --help names.');
  };
}

/** Collects `KEY=VALUE` options into one record; the last of one key wins. */
export function collectPairs(
  option: string,
): (text: string, before?: Record<string, string>) => Record<string, string> {
  return (text, before = {}) => {
    const at = text.indexOf('=');
    // The text is not repeated: a value may be a secret.
    if (at < 1) throw invalid(`${option} wants KEY=VALUE`, `For example ${option} colour=blue`);
    return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
  };
}

/** As `collectPairs`; a `KEY` alone takes its value from novalet's own environment, so that `ps` does not show it. */
export function collectEnvironment(
  text: string,
  before: Record<string, string> = {},
): Record<string, string> {
  if (text.includes('=')) return collectPairs('--env')(text, before);
  const value = process.env[text];
  if (value !== undefined) return { ...before, [text]: value };
  throw invalid(
    '--env wants KEY=VALUE, or the KEY of a variable that is set here',
    'For example --env LANG=C',
  );
}

/** Collects an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** An option's or an operand's value that cannot be meant. */
export function invalid(message: string, hint: string): Fault {
  return new Fault('invalid', 'OPTION_INVALID', message, { hint });
}
