// What is given as user data → what the guest gets: one file as it is, several as one MIME document, checked before anything
// is made. Pure.
import { Fault } from '../../base/index.ts';
import { USER_DATA_MAX_BYTES, UserData } from '../../model/index.ts';
import { checkPart } from './check-part.ts';
import { checkForSystem, type GuestSystem } from './check-system.ts';
import { composeParts } from './compose.ts';
import { isGzip } from './gunzip.ts';
import type { UserDataFile, UserDataPart } from './part.ts';
import { firstOf, problem } from './problem.ts';
import { mentionsMime, takeApart, takeApartIfPossible } from './take-apart.ts';

export interface ComposedUserData {
  readonly data: UserData;
  /** Throws `USER_DATA_WRONG_SYSTEM` for what the guest's system would pass over. */
  checkFor(system: GuestSystem): void;
}

/**
 * `validate` false passes everything but the size. Throws `USER_DATA_TOO_LARGE`, `USER_DATA_FORM_UNKNOWN`,
 * `USER_DATA_NOT_YAML`, `USER_DATA_KEY_UNKNOWN`, `USER_DATA_GZIP_INVALID`, `USER_DATA_MIME_INVALID` and `USER_DATA_INVALID`.
 */
export function composeUserData(files: readonly UserDataFile[], validate: boolean): ComposedUserData {
  checkSizes(files);
  const parts = files.flatMap(validate ? takeApart : takeApartIfPossible);
  const [only] = files.length === 1 ? files : [];
  const bytes = only?.bytes ?? composeParts(parts);
  if (bytes.length > USER_DATA_MAX_BYTES) throw tooLargeTogether(bytes.length, parts);
  const data = new UserData(bytes);
  if (!validate) return { data, checkFor: () => undefined };
  throwFirst([...(only === undefined ? [] : checkGarbled(parts)), ...checkParts(parts)]);
  const isDocument = only === undefined || parts.some(({ isFromMime }) => isFromMime);
  return { data, checkFor: (system) => throwFirst(checkForSystem(parts, isDocument, system)) };
}

function checkParts(parts: readonly UserDataPart[]): readonly Fault[] {
  const hasHandler = parts.some(({ contentType }) => contentType === 'text/part-handler');
  return parts.flatMap((part) => checkPart(part, hasHandler));
}

/** Before anything is unpacked or parsed. Several may hold gzip, which counts as what it unpacks to. */
function checkSizes(files: readonly UserDataFile[]): void {
  const large = files.find(({ bytes }) => bytes.length > USER_DATA_MAX_BYTES);
  if (large === undefined) return;
  throw new Fault(
    'invalid',
    'USER_DATA_TOO_LARGE',
    `${large.name} has ${large.bytes.length} bytes, and user data may have ${USER_DATA_MAX_BYTES}`,
    {
      details: { file: large.name, bytes: large.bytes.length, maxBytes: USER_DATA_MAX_BYTES },
      hint: isGzip(large.bytes)
        ? 'Let the guest fetch a part of it: #include'
        : 'Compress it with gzip and give it alone, or let the guest fetch a part of it: #include',
    },
  );
}

function tooLargeTogether(bytes: number, parts: readonly UserDataPart[]): Fault {
  const sizes = parts.map(({ source, content }) => `${source} ${content.length}`);
  const shown = sizes.length > 10 ? [...sizes.slice(0, 10), `${sizes.length - 10} more`] : sizes;
  const [largest] = parts.toSorted((a, b) => b.content.length - a.content.length);
  return new Fault(
    'invalid',
    'USER_DATA_TOO_LARGE',
    `As one document the user data have ${bytes} bytes, and ${USER_DATA_MAX_BYTES} are allowed (${shown.join(', ')})`,
    {
      details: { bytes, maxBytes: USER_DATA_MAX_BYTES, file: largest?.source ?? '' },
      hint: `Let the guest fetch ${largest?.source ?? 'the largest'}: #include; text that is not ASCII takes a third more as base64.`,
    },
  );
}

/**
 * Python's email package, in a text that it takes for a MIME document, turns such characters into others. What novalet composes
 * has none of them.
 */
function checkGarbled(parts: readonly UserDataPart[]): readonly Fault[] {
  return parts
    .filter(({ isFromMime, isRaw, content }) => (isFromMime ? isRaw : mentionsMime(content)))
    .filter(({ content }) => content.some((byte) => byte > 0x7f))
    .map(({ source, firstLine }) =>
      problem('invalid', 'USER_DATA_MIME_INVALID', {
        spot: { file: source, line: firstLine },
        what: 'cloud-init would garble the characters beyond ASCII, as this is MIME to it and they are not encoded',
        hint: 'Give the files of the parts, each with --user-data, or encode them in base64; outside MIME, MIME-Version: must not come in the first 4096 bytes.',
      }),
    );
}

function throwFirst(problems: readonly Fault[]): void {
  const first = firstOf(problems);
  if (first !== undefined) throw first;
}
