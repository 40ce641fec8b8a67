// Decoders for stored documents: they say the shape, and a bad value names its path. By hand, since loading zod
// takes longer than all that `novalet list` has to do.
import { corruptRecord } from './sqlite-fault.ts';

/** Gives the value as `T`, or throws `STORE_CORRUPT` naming `path`. */
export type Shape<T> = (value: unknown, path: string) => T;

export const aString: Shape<string> = (value, path) =>
  typeof value === 'string' ? value : bad(path, 'a text');

export const anInteger: Shape<number> = (value, path) =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : bad(path, 'an integer');

export const aBoolean: Shape<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : bad(path, 'true or false');

export function oneOf<const T extends string>(...words: readonly T[]): Shape<T> {
  return (value, path) => words.find((word) => word === value) ?? bad(path, `one of ${words.join(', ')}`);
}

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null ? null : shape(value, path));
}

export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((item: unknown, index) => shape(item, `${path}[${index}]`))
      : bad(path, 'a list');
}

export function mapOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(asObject(value, path)).map(([key, item]) => [key, shape(item, `${path}.${key}`)]),
    );
}

/** An object with exactly these fields; others are left out. */
export function anObject<T extends object>(fields: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  return (value, path) => {
    const given = asObject(value, path);
    const decoded: Partial<T> = {};
    for (const key in fields) decoded[key] = fields[key](given[key], `${path}.${key}`);
    return decoded as T; // every field of T has just been set
  };
}

/** A union told apart by its field `kind`. */
export function byKind<T extends { readonly kind: string }>(
  shapes: {
    readonly [K in T['kind']]: Shape<Extract<T, { readonly kind: K }>>;
  },
): Shape<T> {
  const byName = new Map<unknown, Shape<T>>(Object.entries<Shape<T>>(shapes));
  return (value, path) => {
    const shape = byName.get(asObject(value, path)['kind']);
    return shape === undefined
      ? bad(`${path}.kind`, `one of ${[...byName.keys()].join(', ')}`)
      : shape(value, path);
  };
}

function asObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : bad(path, 'an object');
}

function bad(path: string, wanted: string): never {
  throw corruptRecord(`${path} is not ${wanted}`);
}
