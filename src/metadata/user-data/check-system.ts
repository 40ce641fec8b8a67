// User data against what runs in the image: cloud-init, or on Windows cloudbase-init.
import type { Fault } from '../../base/index.ts';
import { WINDOWS_PART_TYPES } from './forms.ts';
import type { UserDataPart } from './part.ts';
import { problem } from './problem.ts';

export interface GuestSystem {
  /** The image's name. */
  readonly image: string;
  /** The image's `os_type` is `windows`. */
  readonly isWindows: boolean;
}

/** What the guest would pass over. `isDocument`: the parts are those of a MIME document. */
export function checkForSystem(
  parts: readonly UserDataPart[],
  isDocument: boolean,
  system: GuestSystem,
): readonly Fault[] {
  return system.isWindows
    ? parts.flatMap((part) => checkForWindows(part, isDocument, system))
    : parts.filter(({ form }) => form?.isWindowsOnly === true).map((part) => notWindows(part, system));
}

function checkForWindows(part: UserDataPart, isDocument: boolean, { image }: GuestSystem): readonly Fault[] {
  const { form, contentType, content } = part;
  const spot = { file: part.source, line: part.firstLine };
  const isTaken = isDocument
    ? form === undefined
      ? WINDOWS_PART_TYPES.has(contentType)
      : form.windows === 'part' || form.windows === 'both'
    : form?.windows === 'alone' || form?.windows === 'both';
  if (!isTaken) {
    const name = form?.mark ?? contentType;
    return [
      problem('invalid', 'USER_DATA_WRONG_SYSTEM', {
        spot,
        what: `the image ${image} is Windows, and cloudbase-init does not take ${name} ${isDocument ? 'as one of several parts' : 'by itself'}`,
        hint: 'It takes #cloud-config, #ps1, rem cmd, <powershell>, <script> and #!; docs/metadata.md has the table.',
      }),
    ];
  }
  // cloud-init looks past blank lines and small or capital letters; cloudbase-init does not.
  if (form === undefined || isDocument || startsExactly(content.toString('latin1', 0, 200), form.mark))
    return [];
  return [
    problem('invalid', 'USER_DATA_WRONG_SYSTEM', {
      spot,
      what: `cloudbase-init wants ${form.mark} at the very beginning, in small letters`,
      hint: 'Remove blanks and empty lines before it.',
    }),
  ];
}

function startsExactly(beginning: string, mark: string): boolean {
  return mark === 'rem cmd' ? /^rem\s+cmd/.test(beginning) : beginning.startsWith(mark);
}

function notWindows(part: UserDataPart, { image }: GuestSystem): Fault {
  return problem('invalid', 'USER_DATA_WRONG_SYSTEM', {
    spot: { file: part.source, line: part.firstLine },
    what: `${part.form?.mark ?? ''} is for Windows, and the image ${image} is not marked as such`,
    hint: `If it is Windows: novalet image set ${image} --property os_type=windows`,
  });
}
