// JSON values that may hold secrets: masked when they are shown, written out only in the document for the guest.
import { MASK, Secret } from '../base/index.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | Secret
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** The text for the guest, secrets included. Keys stand in the order in which they were set. */
export function revealJson(value: JsonValue): string {
  return JSON.stringify(revealed(value));
}

/** Who looks: the guest, which gets all of it, or a person, to whom a secret is `[secret]`. */
export type Audience = 'guest' | 'person';

/** The text of a document, in the form that the guest gets. */
export function jsonFor(audience: Audience, value: JsonValue): string {
  return audience === 'guest' ? revealJson(value) : JSON.stringify(value);
}

/** What others wrote may hold anything. */
export function opaqueFor(audience: Audience, bytes: Uint8Array): Uint8Array {
  return audience === 'guest' || bytes.length === 0 ? bytes : Buffer.from(MASK);
}

function revealed(value: JsonValue): unknown {
  if (value instanceof Secret) return value.reveal();
  if (isList(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]));
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
