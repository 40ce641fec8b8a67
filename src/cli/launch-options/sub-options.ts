// Options whose value is a name and words behind it: `NAME,key=value,key=value`, in the manner of QEMU and virt-install.
import { nearest } from '../nearest.ts';
import { invalid } from '../values.ts';

export interface SubOptions {
  /** What stands first without a key; empty where nothing does. */
  readonly name: string;
  /** Every value of each key, in the order in which they were given. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** `repeatable`: the keys that may come more than once. Throws `OPTION_INVALID`. */
export function readSubOptions(
  option: string,
  text: string,
  keys: readonly string[],
  repeatable: readonly string[] = [],
): SubOptions {
  const [first = '', ...rest] = text.split(',');
  const [name, words] = first.includes('=') ? ['', [first, ...rest]] : [first, rest];
  const values = new Map<string, readonly string[]>();
  for (const word of words) {
    const [key, value] = readWord(option, word, keys);
    const before = values.get(key) ?? [];
    if (before.length > 0 && !repeatable.includes(key)) {
      throw invalid(`${option} has ${key}= twice: "${text}"`, 'Give it once.');
    }
    values.set(key, [...before, value]);
  }
  return { name, values };
}

function readWord(option: string, word: string, keys: readonly string[]): readonly [string, string] {
  const at = word.indexOf('=');
  const key = at < 0 ? word : word.slice(0, at);
  if (!keys.includes(key)) {
    const near = nearest(key, keys);
    const guess = near === undefined ? '' : ` Did you mean ${near}=?`;
    throw invalid(`${option} has no "${key}"`, `It has ${keys.map((one) => `${one}=`).join(' ')}.${guess}`);
  }
  const value = word.slice(at + 1);
  if (at < 0 || value === '') throw invalid(`${option} wants a value behind ${key}=`, `Write ${key}=VALUE.`);
  return [key, value];
}

/** The value of a key that comes once. */
export function only({ values }: SubOptions, key: string): string | undefined {
  return values.get(key)?.[0];
}

/** Throws `OPTION_INVALID`. */
export function wholeNumberOf(option: string, options: SubOptions, key: string): number | undefined {
  const text = only(options, key);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalid(`${option}: ${key}= is not a whole number: "${text}"`, `Write ${key}= and digits.`);
}

/** Throws `OPTION_INVALID`, with the word that was nearly written. */
export function oneOfWords<const T extends string>(what: string, text: string, words: readonly T[]): T {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  const near = nearest(text, words);
  const guess = near === undefined ? '' : ` Did you mean ${near}?`;
  throw invalid(`${what} cannot be "${text}"`, `It is ${words.join(', ')}.${guess}`);
}
