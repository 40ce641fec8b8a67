// What the value of an extra spec or image property may be, and how it is read.
// Rules: nova/api/validation/extra_specs/base.py for extra specs, nova/objects/fields.py for image properties.
import { type CpuMask, parseCpuMask, parseCpuSet } from './cpu-set.ts';
import { isTrueWord } from './image.ts';
import { type PageSize, parsePageSize } from './page-size.ts';
import { type PciAliasRequest, parsePciAliases } from './pci-aliases.ts';

/** What the legal texts are like; a table or a test can be made of it. */
export type ValueForm =
  | { readonly kind: 'boolean' | 'flexible boolean' | 'text' | 'comparison of versions' }
  | { readonly kind: 'CPU set' | 'CPU mask'; readonly loose: boolean }
  | { readonly kind: 'page size' | 'PCI aliases' | 'names' }
  | { readonly kind: 'whole number'; readonly least: number; readonly most: number }
  /** `folded`: in any case of letters. `older`: words that stand for one of them. */
  | {
      readonly kind: 'words';
      readonly words: readonly string[];
      readonly folded: boolean;
      readonly older: Readonly<Record<string, string>>;
    };

export interface ValueKind<T> {
  readonly form: ValueForm;
  /** Ends the sentence `KEY must be …`. */
  readonly allowed: string;
  /** Undefined for a value that is not allowed. */
  readonly read: (text: string) => T | undefined;
}

const FALSE_WORDS: readonly string[] = ['0', 'f', 'false', 'off', 'n', 'no'];

/** oslo's strict boolean: either one of the true words or one of the false ones. */
export const BOOLEAN: ValueKind<boolean> = {
  form: { kind: 'boolean' },
  allowed: 'a boolean word: 1, t, true, on, y, yes or 0, f, false, off, n, no',
  read: (text) => {
    if (isTrueWord(text)) return true;
    return FALSE_WORDS.includes(text.trim().toLowerCase()) ? false : undefined;
  },
};

/** oslo's flexible boolean: the true words are true and everything else is false. */
export const FLEXIBLE_BOOLEAN: ValueKind<boolean> = {
  form: { kind: 'flexible boolean' },
  allowed: 'a boolean word: 1, t, true, on, y, yes; any other is false',
  read: isTrueWord,
};

export const TEXT: ValueKind<string> = { form: { kind: 'text' }, allowed: 'a text', read: (text) => text };

/** As the API takes it for extra specs; for image properties the driver also takes blanks and empty places. */
const PLAIN_CPU_SET = /^\^?\d+(?:-\d+)?(?:,\^?\d+(?:-\d+)?)*$/;

/** `plain` for extra specs, `loose` for image properties. */
export const CPU_SET = {
  plain: cpuSet(false, (text) => (PLAIN_CPU_SET.test(text) ? parseCpuSet(text) : undefined)),
  loose: cpuSet(true, parseCpuSet),
};

export const CPU_MASK = {
  plain: cpuMask(false, (text) => (PLAIN_CPU_SET.test(text) ? parseCpuMask(text) : undefined)),
  loose: cpuMask(true, parseCpuMask),
};

export const PAGE_SIZE: ValueKind<PageSize> = {
  form: { kind: 'page size' },
  allowed: 'small, large, any, or a size: a number of KiB, or with a unit, for example 2MB or 1GiB',
  read: parsePageSize,
};

const NAMES = /^\w+(?:,\w+)*,?$/;
export const MEMORY_NAMES = matching(NAMES, 'names', 'names of memory namespaces, with commas');

export const PCI_ALIASES: ValueKind<readonly PciAliasRequest[]> = {
  form: { kind: 'PCI aliases' },
  allowed: 'NAME:COUNT, more of them after commas',
  read: parsePciAliases,
};

/** As distutils had versions: two or three numbers, and perhaps a letter with one more. */
const COMPARISON = String.raw`\s*(?:<=|>=|<|>|!=|==)\s*\d+\.\d+(?:\.\d+)?(?:[ab]\d+)?\s*`;
export const VERSION_PREDICATE = matching(
  new RegExp(`^${COMPARISON}(?:,${COMPARISON})*$`),
  'comparison of versions',
  'a comparison of versions, for example >=2.6',
);

/** A whole number; both bounds are allowed values. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): ValueKind<number> {
  return {
    form: { kind: 'whole number', least, most },
    allowed: wholeAllowed(least, most),
    read: (text) => {
      const value = Number(text.trim());
      const fits = /^\s*[+-]?\d+\s*$/.test(text) && Number.isSafeInteger(value);
      return fits && value >= least && value <= most ? value : undefined;
    },
  };
}

function wholeAllowed(least: number, most: number): string {
  if (most !== Number.MAX_SAFE_INTEGER) return `a whole number from ${least} to ${most}`;
  return least === Number.MIN_SAFE_INTEGER ? 'a whole number' : `a whole number of at least ${least}`;
}

/** Any whole number, below zero too. */
export const INTEGER = whole(Number.MIN_SAFE_INTEGER);

/** A whole number that stays as it is written. */
export const LIMIT: ValueKind<string> = {
  form: whole(0).form,
  allowed: whole(0).allowed,
  read: (text) => (whole(0).read(text) === undefined ? undefined : text.trim()),
};

/** One of these words, exactly so. */
export function words<const W extends string>(...known: readonly W[]): ValueKind<W> {
  return {
    form: { kind: 'words', words: known, folded: false, older: {} },
    allowed: `one of ${known.join(', ')}`,
    read: (text) => known.find((word) => word === text),
  };
}

/** One of these words, in any case; `older` ones are in lower case and stand for one of these. */
export function foldedWords<const W extends string>(
  known: readonly W[],
  older: Readonly<Record<string, W>> = {},
): ValueKind<W> {
  return {
    form: { kind: 'words', words: known, folded: true, older },
    allowed: `one of ${known.join(', ')}`,
    read: (text) => {
      const lower = text.toLowerCase();
      return known.find((word) => word === lower) ?? (Object.hasOwn(older, lower) ? older[lower] : undefined);
    },
  };
}

function matching(
  pattern: RegExp,
  kind: 'comparison of versions' | 'names',
  allowed: string,
): ValueKind<string> {
  return { form: { kind }, allowed, read: (text) => (pattern.test(text) ? text : undefined) };
}

function cpuSet(
  loose: boolean,
  read: (text: string) => readonly number[] | undefined,
): ValueKind<readonly number[]> {
  return { form: { kind: 'CPU set', loose }, allowed: 'a set of CPUs, for example 0-3,^2', read };
}

function cpuMask(loose: boolean, read: (text: string) => CpuMask | undefined): ValueKind<CpuMask> {
  return {
    form: { kind: 'CPU mask', loose },
    allowed: 'a set of CPUs, for example 2-3, or what is left out of them, for example ^0-1',
    read,
  };
}
