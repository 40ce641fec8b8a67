// Decoders of outside data: a shape says what a value must be, and what is not so is refused with its path.
// By hand, since loading a schema library takes longer than all that `novalet list` has to do.
import type { Fault } from './fault.ts';

/** Gives the value as `T`, or refuses it at its place. */
export type Shape<T> = (value: unknown, at: Place) => T;

/** What a shape gives. */
export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

/** Makes the fault for `ports[0].mac is not a string`; the path of a whole document may be empty. */
export type Refusal = (path: string, problem: string) => Fault;

/** Where in a document a value stands, and who says what is wrong there. */
export class Place {
  readonly path: string;
  readonly #refusal: Refusal;

  /** `path` is what the document itself is called: often nothing. */
  constructor(path: string, refusal: Refusal) {
    this.path = path;
    this.#refusal = refusal;
  }

  member(key: string): Place {
    return new Place(this.path === '' ? key : `${this.path}.${key}`, this.#refusal);
  }

  item(index: number): Place {
    return new Place(`${this.path}[${index}]`, this.#refusal);
  }

  /** Throws the document's fault: `problem` goes on after the path, as in `is less than 1`. */
  refuse(problem: string): never {
    throw this.#refusal(this.path, problem);
  }

  /** Refuses a value that is missing, or is not `what`. */
  isNot(what: string, value: unknown): never {
    return this.refuse(value === undefined ? 'is missing' : `is not ${what}`);
  }
}

export const aString: Shape<string> = (value, at) =>
  typeof value === 'string' ? value : at.isNot('a string', value);

/** Exact in JSON: between -2^53 and 2^53. */
export const anInteger: Shape<number> = (value, at) =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : at.isNot('an integer', value);

export const aBoolean: Shape<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : at.isNot('true or false', value);

/** A string that fits; `problem` is said of one that does not, as in `is not a UUID`. */
export function aStringLike(pattern: RegExp, problem: string): Shape<string> {
  return (value, at) => {
    const text = aString(value, at);
    return pattern.test(text) ? text : at.refuse(problem);
  };
}

/** Both bounds are allowed values. */
export function anIntegerFrom(least: number, most = Number.MAX_SAFE_INTEGER): Shape<number> {
  return (value, at) => {
    const number = anInteger(value, at);
    if (number < least) return at.refuse(`is less than ${least}`);
    return number > most ? at.refuse(`is more than ${most}`) : number;
  };
}

export function oneOf<const T extends string | number>(...words: readonly T[]): Shape<T> {
  const what = words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`;
  return (value, at) => words.find((word) => word === value) ?? at.isNot(what, value);
}

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at) => (value === null ? null : shape(value, at));
}

/** What may be left out. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, at) => (value === undefined ? undefined : shape(value, at));
}

/** What may be left out and then is `fallback`. */
export function orElse<T>(shape: Shape<T>, fallback: NoInfer<T>): Shape<T> {
  return (value, at) => (value === undefined ? fallback : shape(value, at));
}

export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, at) =>
    Array.isArray(value)
      ? Array.from(value, (item: unknown, index) => shape(item, at.item(index)))
      : at.isNot('a list', value);
}

/** An object whose keys are data. */
export function mapOf<T>(shape: Shape<T>, keys: Shape<string> = aString): Shape<Readonly<Record<string, T>>> {
  return (value, at) =>
    Object.fromEntries(
      Object.entries(asRecord(value, at)).map(([key, item]) => {
        const place = at.member(key);
        return [keys(key, place), shape(item, place)];
      }),
    );
}

type Fields<T> = { readonly [K in keyof T]-?: Shape<T[K]> };

/** An object with these fields; others are left out of what it gives. */
export function anObject<T extends object>(fields: Fields<T>): Shape<T> {
  return (value, at) => {
    const given = asRecord(value, at);
    const decoded: Partial<T> = {};
    for (const key in fields) {
      decoded[key] = fields[key](Object.hasOwn(given, key) ? given[key] : undefined, at.member(key));
    }
    return decoded as T; // every field of T has just been set
  };
}

/** An object with these fields; others are refused. */
export function anExactObject<T extends object>(fields: Fields<T>): Shape<T> {
  const shape = anObject(fields);
  return (value, at) => {
    const unknown = Object.keys(asRecord(value, at)).filter((key) => !Object.hasOwn(fields, key));
    if (unknown.length > 0) return at.refuse(`has a key that is not known: ${unknown.join(', ')}`);
    return shape(value, at);
  };
}

/** A union told apart by its field `kind`. */
export function byKind<T extends { readonly kind: string }>(
  shapes: {
    readonly [K in T['kind']]: Shape<Extract<T, { readonly kind: K }>>;
  },
): Shape<T> {
  const byName = new Map<unknown, Shape<T>>(Object.entries<Shape<T>>(shapes));
  return (value, at) => {
    const kind = asRecord(value, at)['kind'];
    const shape = byName.get(kind);
    return shape === undefined
      ? at.member('kind').isNot(`one of ${[...byName.keys()].join(', ')}`, kind)
      : shape(value, at);
  };
}

function asRecord(value: unknown, at: Place): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : at.isNot('an object', value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
