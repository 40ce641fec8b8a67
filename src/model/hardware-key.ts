// One extra spec or image property: what it may be, and what becomes of it here. Tables of these give the typed fields,
// the refusals and docs/hardware-keys.md.
import { Fault } from '../base/index.ts';
import type { ValueKind } from './value-kinds.ts';

export type KeyStatus =
  /** Read and carried out. */
  | 'done'
  /** Means something to the scheduler or to another driver, and nothing on one host. */
  | 'elsewhere'
  /** Needs what no single host has by itself: an error, unless its value asks for nothing. */
  | 'refused';

export interface HardwareKey<T> {
  readonly key: string;
  readonly kind: ValueKind<T>;
  readonly status: KeyStatus;
  /** What comes of it; for `elsewhere` and `refused`: why nothing does. */
  readonly note: string;
  /** For `refused`: values that ask for nothing, which pass. */
  readonly neutral: readonly T[];
  readonly cure?: string;
  /** Values that Nova knows and its libvirt driver cannot carry out with QEMU. */
  readonly foreign?: readonly string[];
}

export type KeyTable = Readonly<Record<string, HardwareKey<unknown>>>;

/** What is not set is undefined. */
export type FieldsOf<T extends KeyTable> = {
  readonly [F in keyof T]: T[F] extends HardwareKey<infer V> ? V | undefined : never;
};

/** How the faults of a table are called. */
export interface KeyFaults {
  readonly noun: 'Extra spec' | 'Image property';
  readonly invalid: { readonly kind: 'invalid'; readonly code: string };
  readonly unsupported: { readonly kind: 'unsupported'; readonly code: string };
  /** Where the key is to be taken away from: `the flavor`. */
  readonly owner: string;
  /** Keys that were written under another name, which faults are to name. */
  readonly writtenAs?: ReadonlyMap<string, string>;
}

export function done<T>(key: string, kind: ValueKind<T>, note: string): HardwareKey<T> {
  return { key, kind, status: 'done', note, neutral: [] };
}

export function elsewhere<T>(key: string, kind: ValueKind<T>, note: string): HardwareKey<T> {
  return { key, kind, status: 'elsewhere', note, neutral: [] };
}

export interface Refusal<T> {
  readonly why: string;
  readonly cure: string;
  readonly neutral?: readonly T[];
}

export function refused<T>(
  key: string,
  kind: ValueKind<T>,
  { why, cure, neutral = [] }: Refusal<NoInfer<T>>,
): HardwareKey<T> {
  return { key, kind, status: 'refused', note: why, cure, neutral };
}

export type RawValues = Readonly<Record<string, string>>;

export function readFields<T extends KeyTable>(raw: RawValues, table: T, faults: KeyFaults): FieldsOf<T> {
  const fields = Object.entries(table).map(([field, known]) => {
    const text = Object.hasOwn(raw, known.key) ? raw[known.key] : undefined;
    return [field, text === undefined ? undefined : readValue(text, known, faults)];
  });
  // Every value comes from its own key's kind, which an array of entries cannot say.
  return Object.fromEntries(fields) as FieldsOf<T>;
}

/** `key` is the key itself where the table has a pattern. Throws the table's `invalid` or `unsupported` fault. */
export function readValue<T>(
  text: string,
  known: HardwareKey<T>,
  faults: KeyFaults,
  key: string = faults.writtenAs?.get(known.key) ?? known.key,
): T {
  if (known.foreign?.includes(text.trim().toLowerCase()) === true) {
    throw new Fault(
      faults.unsupported.kind,
      faults.unsupported.code,
      `${faults.noun} ${key} is "${text}", which QEMU has not`,
      {
        hint: `${key} must be ${known.kind.allowed}.`,
        details: { key },
      },
    );
  }
  const value = known.kind.read(text);
  if (value === undefined) throw invalidValue(faults, key, text, known.kind.allowed);
  if (known.status === 'refused' && !known.neutral.includes(value)) {
    throw unsupportedKey(known, faults, key);
  }
  return value;
}

export function invalidValue(faults: KeyFaults, key: string, text: string, allowed: string): Fault {
  return new Fault(
    faults.invalid.kind,
    faults.invalid.code,
    `${faults.noun} ${key} is "${text.slice(0, 80)}"`,
    {
      hint: `${key} must be ${allowed}.`,
      details: { key },
    },
  );
}

function unsupportedKey(known: HardwareKey<unknown>, faults: KeyFaults, key: string): Fault {
  return new Fault(
    faults.unsupported.kind,
    faults.unsupported.code,
    `${faults.noun} ${key} cannot be had on one host: ${known.note}`,
    {
      hint: known.cure ?? `Take ${key} off ${faults.owner}.`,
      details: { key },
    },
  );
}
