// Where an image comes from, as a person writes it: a path or an address. Opens neither.
import { resolve } from 'node:path';
import { Fault } from '../../base/index.ts';

/** Where an image comes from. */
export type ImageSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string };

/** A path or an http(s) URL, as a person writes it. Throws `URL_INVALID` for other schemes. */
export function parseImageSource(text: string): ImageSource {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'url', url: parseUrl(text).href };
  return { kind: 'file', path: resolve(text) };
}

/** Reads an http or https URL. Throws `URL_INVALID`. */
export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Fault('invalid', 'URL_INVALID', `Not an http or https URL: "${printable(text)}"`, {
    hint: 'Give a URL that begins with https:// or http://, or the path of a file.',
  });
}

/** A URL as a person may see it: no password, no query (which may hold a token). */
export function printable(url: URL | string): string {
  const text = String(url);
  if (!URL.canParse(text)) return text.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/s, '');
  const { protocol, host, pathname } = new URL(text);
  return host === '' ? `${protocol}${pathname}` : `${protocol}//${host}${pathname}`;
}
