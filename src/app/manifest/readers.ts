// Readers of trees: each gives the value, or says at its spot what is wrong and gives undefined, so that all is found at once.
import { formatBytes, isFault, parseBytes } from '../../base/index.ts';
import { nearestName } from '../../model/index.ts';
import type { Spot } from './findings.ts';
import type { Tree } from './tree.ts';

export type Reads<T> = (tree: Tree, at: Spot) => T | undefined;

export const aText: Reads<string> = (tree, at) =>
  tree.kind === 'scalar' && typeof tree.value === 'string' ? tree.value : at.refuse('is not text');

/** Text, or a number, true or false as it is written. */
export const aWord: Reads<string> = (tree, at) =>
  tree.kind === 'scalar' && tree.value !== null ? tree.text : at.refuse('is not text');

export const aSwitch: Reads<boolean> = (tree, at) =>
  tree.kind === 'scalar' && typeof tree.value === 'boolean' ? tree.value : at.refuse('is not true or false');

export function aTextLike(pattern: RegExp, problem: string): Reads<string> {
  return (tree, at) => {
    const text = aWord(tree, at);
    return text === undefined || pattern.test(text) ? text : at.refuse(problem);
  };
}

export function aCount(least: number, most = 0x7fffffff): Reads<number> {
  return (tree, at) => {
    const value = tree.kind === 'scalar' ? tree.value : null;
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) return at.refuse('is not a whole number');
    return value >= least && value <= most ? value : at.refuse(`is not between ${least} and ${most}`);
  };
}

/** A number of `unit` bytes, or a size such as `2G` that is a whole number of them. */
export function aSize(unit: number, name: string, least: number): Reads<number> {
  const what = `is not a number of ${name} or a size such as 2G`;
  return (tree, at) => {
    if (tree.kind !== 'scalar' || typeof tree.value === 'boolean' || tree.value === null)
      return at.refuse(what);
    const amount = typeof tree.value === 'number' ? tree.value : bytesOf(tree.value) / unit;
    if (!Number.isSafeInteger(amount))
      return at.refuse(Number.isNaN(amount) ? what : `is no whole number of ${name}`);
    return amount >= least && amount <= 0x7fffffff
      ? amount
      : at.refuse(`is less than ${least} ${name}, or too much`);
  };
}

/** In bytes: a number of `unit`, or a size such as `512M`. */
export function aByteSize(unit: number, name: string, least: number): Reads<number> {
  const what = `is not a number of ${name} or a size such as 512M`;
  return (tree, at) => {
    if (tree.kind !== 'scalar' || typeof tree.value === 'boolean' || tree.value === null)
      return at.refuse(what);
    const bytes = typeof tree.value === 'number' ? tree.value * unit : bytesOf(tree.value);
    if (!Number.isSafeInteger(bytes)) return at.refuse(what);
    return bytes >= least ? bytes : at.refuse(`is less than ${formatBytes(least)}`);
  };
}

function bytesOf(text: string): number {
  try {
    return parseBytes(text, 'it');
  } catch (error) {
    if (isFault(error, 'SIZE_INVALID')) return Number.NaN;
    throw error;
  }
}

export function oneWordOf<const T extends string>(...words: readonly T[]): Reads<T> {
  return (tree, at) => {
    const given = tree.kind === 'scalar' ? tree.text : undefined;
    const found = words.find((word) => word === given);
    if (found !== undefined) return found;
    return at.refuse(`is not one of ${words.join(', ')}${guess(given, words)}`);
  };
}

export function aList<T>(reads: Reads<T>): Reads<readonly T[]> {
  return (tree, at) => {
    if (tree.kind !== 'list') return at.refuse('is not a list');
    const items = tree.items.map((item, index) => reads(item, at.item(index, item.line)));
    return items.filter((item) => item !== undefined);
  };
}

/** One alone stands for a list of one. */
export function oneOrMore<T>(reads: Reads<T>): Reads<readonly T[]> {
  const list = aList(reads);
  return (tree, at) => {
    if (tree.kind === 'list') return list(tree, at);
    const only = reads(tree, at);
    return only === undefined ? undefined : [only];
  };
}

/** A map whose keys are data. */
export function aMap<T>(reads: Reads<T>): Reads<readonly (readonly [string, T])[]> {
  return (tree, at) => {
    if (tree.kind !== 'map') return at.refuse('is not a map of names');
    return tree.entries.flatMap(({ key, line, value }) => {
      const read = reads(value, at.member(key, line));
      return read === undefined ? [] : [[key, read] as const];
    });
  };
}

export const aDictionary: Reads<Readonly<Record<string, string>>> = (tree, at) => {
  const entries = aMap(aWord)(tree, at);
  return entries === undefined ? undefined : Object.fromEntries(entries);
};

type Fields = Readonly<Record<string, Reads<unknown>>>;
export type Body<F extends Fields> = { readonly [K in keyof F]?: NonNullable<ReturnType<F[K]>> };

/** A map with these keys and no other; what is left out, or wrong, is left out. A key without a value is a mistake. */
export function aBody<F extends Fields>(fields: F): Reads<Body<F>> {
  return (tree, at) => {
    const keys = Object.keys(fields);
    const words = keys.length > 10 ? [...keys.slice(0, 3), '…'] : keys;
    if (tree.kind !== 'map') return at.refuse(`is not a map with ${words.join(', ')}`);
    const body: Record<string, unknown> = {};
    for (const { key, line, value } of tree.entries) {
      const spot = at.member(key, line);
      const reads = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (reads === undefined) spot.refuse(`is not known${guess(key, keys)}`);
      else if (value.kind === 'scalar' && value.value === null) spot.refuse('has no value');
      else {
        const read = reads(value, spot);
        if (read !== undefined) body[key] = read;
      }
    }
    return body as Body<F>; // every member was given by the reader of its key
  };
}

/** Says of a key that is left out that it is needed; what was given and is wrong was refused already. */
export function requireKey(tree: Tree, at: Spot, name: string, words = ''): undefined {
  const wasGiven = tree.kind === 'map' && tree.entries.some(({ key }) => key === name);
  return wasGiven ? undefined : at.refuse(`needs ${name}${words}`);
}

function guess(given: string | undefined, known: readonly string[]): string {
  const near = given === undefined ? undefined : nearestName(given, known);
  return near === undefined ? '' : `; did you mean ${near}?`;
}
