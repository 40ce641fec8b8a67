// User data in pieces: what was given, and what a guest makes of it.
import type { Form } from './forms.ts';

/** One file of user data. `name` is what messages call it. */
export interface UserDataFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** One thing that the guest handles by itself: a file, or a part of a file that is MIME. */
export interface UserDataPart {
  /** What messages call it: the file, and which part of it where lines are not those of the file. */
  readonly source: string;
  /** The line of `source` that the content begins in. */
  readonly firstLine: number;
  readonly contentType: string;
  /** Undefined where the content type alone says what it is, or nothing does. */
  readonly form: Form | undefined;
  /** It was a part of a MIME document already. */
  readonly isFromMime: boolean;
  /** A part of a MIME document whose bytes stand in it as they are, not in base64 or the like. */
  readonly isRaw: boolean;
  /** As the MIME part or the path had it. */
  readonly filename: string | undefined;
  /** Further headers of the MIME part that mean something to the guest, such as Launch-Index and Merge-Type. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly content: Buffer;
}

/** Text where it is UTF-8, which is what guests expect. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
