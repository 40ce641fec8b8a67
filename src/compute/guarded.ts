// An object whose methods are reaches: each call is checked and recorded by what a table says of the method.
import { errorMonitor } from 'node:events';
import { Readable } from 'node:stream';
import type { Privilege } from '../audit/index.ts';
import { asFault } from '../base/index.ts';
import type { Via } from '../guest/index.ts';
import type { Instance } from '../model/index.ts';
import { named } from './hints.ts';
import { done, type Reach, type Reaches } from './reaches.ts';

/** A privilege for each method; every method must be in it, so that none is forgotten. */
export type MethodPrivileges<T> = Readonly<Record<MethodsOf<T>, Privilege>>;
type MethodsOf<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T] &
  string;

export interface Guard<T extends object> {
  readonly reaches: Reaches;
  readonly instance: (args: readonly unknown[]) => Instance;
  readonly privileges: MethodPrivileges<T>;
  /** Which road is taken, once it is known. */
  readonly via: () => Via | null;
  /** Whom an act is done as; left out, or undefined, where it is no user's act. */
  readonly user?: (args: readonly unknown[], method: string) => string | undefined;
}

/** `target` behind the guard. What is no method passes as it is. */
export function guarded<T extends object>(target: T, guard: Guard<T>): T {
  return new Proxy(target, {
    get: (inner, name) => {
      const member: unknown = Reflect.get(inner, name, inner);
      if (typeof member !== 'function' || name === 'constructor') return member;
      if (typeof name !== 'string') return member.bind(inner);
      const privilege = privilegeOf(guard, name);
      if (privilege === undefined) return member.bind(inner);
      const reach = (args: readonly unknown[]) =>
        reached(guard, args, {
          reach: reachOf(args, { privilege, what: name, user: guard.user }),
          call: () => Reflect.apply(member, inner, args),
        });
      // A promise that is refused rejects, as any other failure of the method does.
      return isAsync(member)
        ? async (...args: unknown[]) => await reach(args)
        : (...args: unknown[]) => reach(args);
    },
  });
}

function privilegeOf<T extends object>({ privileges }: Guard<T>, name: string): Privilege | undefined {
  return Object.entries<Privilege>(privileges).find(([method]) => method === name)?.[1];
}

/** The user that a request or options among the arguments name, or else this one. */
export function userOr(user: string): (args: readonly unknown[]) => string {
  return (args) => {
    const named = args.map((word) =>
      typeof word === 'object' && word !== null && 'user' in word ? word.user : undefined,
    );
    return named.find((name) => typeof name === 'string') ?? user;
  };
}

/** Paths and ids are first among the arguments; the program is in a request. */
function reachOf(
  args: readonly unknown[],
  about: { privilege: Privilege; what: string; user: Guard<object>['user'] },
): Reach {
  const words = args.filter((word) => typeof word === 'string').slice(0, 2);
  const objects = args.filter((word) => typeof word === 'object' && word !== null);
  const argv = objects.flatMap((word) => ('argv' in word && Array.isArray(word.argv) ? word.argv : []));
  const program: unknown = argv[0];
  const command = objects.map((word) => ('command' in word ? word.command : undefined)).find(isText);
  return {
    privilege: about.privilege,
    what: about.what,
    target:
      typeof program === 'string' ? program : (command ?? (words.length === 0 ? null : words.join(' '))),
    arguments: argv.filter((word) => typeof word === 'string').slice(1),
    guestUser: about.user?.(args, about.what),
  };
}

function reached<T extends object>(
  { reaches, instance, via }: Guard<T>,
  args: readonly unknown[],
  { reach, call }: { readonly reach: Reach; readonly call: () => unknown },
): unknown {
  const within = instance(args);
  const entry = reaches.begin(within, reach);
  const fail = (error: unknown) => entry.fail(asFault(error), { via: via() });
  try {
    const result = call();
    if (result instanceof Promise) {
      return result.then(
        (value: unknown) => {
          done(entry, { via: via() });
          return value;
        },
        (error: unknown) => {
          fail(error);
          throw named(error, within);
        },
      );
    }
    if (result instanceof Readable) return watched(result, { fail, done: () => done(entry, { via: via() }) });
    if (isAsyncIterable(result)) return followed(result, { fail, done: () => done(entry, { via: via() }) });
    done(entry, { via: via() });
    return result;
  } catch (error) {
    fail(error);
    throw error;
  }
}

function isAsync(member: object): boolean {
  return Object.prototype.toString.call(member) === '[object AsyncFunction]';
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

interface ReadingEnd {
  readonly fail: (error: unknown) => void;
  readonly done: () => void;
}

/** The same stream, whose line is written when it ends; a failure that nobody listens to stays one. */
function watched(stream: Readable, end: ReadingEnd): Readable {
  return stream.once(errorMonitor, end.fail).once('close', end.done); // a line that was written is written once
}

/** The line is written when the reading ends. */
async function* followed(
  items: AsyncIterable<unknown>,
  end: ReadingEnd,
): AsyncGenerator<unknown, void, undefined> {
  try {
    yield* items;
  } catch (error) {
    end.fail(error);
    throw error;
  } finally {
    end.done();
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
