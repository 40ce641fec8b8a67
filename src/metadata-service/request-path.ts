// From the target of a request to the names on the way to one document. Nothing here, or after it, is a path of the host:
// documents are found by name in a map, so that a trick with dots and slashes has nothing to reach. It is refused all the same.

/** The longest path that leads anywhere has a third of this. */
const MOST_CHARACTERS = 1024;

export type RequestPath =
  | { readonly kind: 'path'; readonly names: readonly string[] }
  | { readonly kind: 'refused'; readonly status: 400 | 414 };

/**
 * `/latest/meta-data/?x=1` → `latest`, `meta-data`. One slash at the end says nothing, and a query neither. Takes the
 * absolute form as well, as a server must. Rules: RFC 9112, 3.2; RFC 3986, 2.1.
 */
export function readPath(target: string): RequestPath {
  if (target.length > MOST_CHARACTERS) return { kind: 'refused', status: 414 };
  if (!/^[\x21-\x7e]+$/.test(target) || target.includes('#')) return BAD;
  const [, path = ''] = /^(?:http:\/\/[^/?]+)?(\/[^?]*)(?:\?.*)?$/i.exec(target) ?? [];
  if (path === '') return BAD;
  const raw = path.slice(1).split('/');
  if (raw.at(-1) === '') raw.pop();
  const names = raw.map(readName);
  return names.every((name) => name !== undefined) ? { kind: 'path', names } : BAD;
}

const BAD: RequestPath = { kind: 'refused', status: 400 };

/** Undefined for what no document is ever called. */
function readName(raw: string): string | undefined {
  const name = decoded(raw);
  if (name === undefined || name === '' || name === '.' || name === '..') return undefined;
  return /[/\\\p{Cc}]/u.test(name) ? undefined : name;
}

/** Undefined where it is not UTF-8 in whole escapes. */
function decoded(raw: string): string | undefined {
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}
