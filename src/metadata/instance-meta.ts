// The owner's own keys and values, `meta` in meta_data.json. Limits are those of Nova's API.
import { Fault } from '../base/index.ts';

const KEY = /^[A-Za-z0-9\-_:. ]{1,255}$/;
const MAX_VALUE_CHARACTERS = 255;

/** Gives the pairs in the order of their keys. Throws `META_KEY_INVALID` or `META_VALUE_TOO_LONG`; values are not repeated. */
export function checkMeta(meta: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const pairs = Object.entries(meta).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const [key, value] of pairs) {
    if (!KEY.test(key)) throw badKey(key);
    if ([...value].length > MAX_VALUE_CHARACTERS) throw longValue(key);
  }
  return Object.fromEntries(pairs);
}

function badKey(key: string): Fault {
  const shown = JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
  return new Fault('invalid', 'META_KEY_INVALID', `${shown} cannot be a metadata key`, {
    hint: 'Use 1 to 255 letters, digits, blanks and - _ : .',
  });
}

function longValue(key: string): Fault {
  return new Fault(
    'invalid',
    'META_VALUE_TOO_LONG',
    `The value of the metadata key "${key}" has more than ${MAX_VALUE_CHARACTERS} characters`,
    { hint: 'Put long values into the user data.' },
  );
}
