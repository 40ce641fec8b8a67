// Wishes against cloudbase-init, which does a part of what cloud-init does. Source: cloudbase-init, cloudconfigplugins.
import { Fault } from '../../base/index.ts';
import type { GuestWishes, WishedFor } from './guest-wishes.ts';

interface Refusal {
  readonly input: keyof GuestWishes;
  readonly isWished: boolean;
  /** What Windows or cloudbase-init does not do. */
  readonly what: string;
  readonly hint: string;
}

/** Throws `GUEST_WISH_UNSUPPORTED` for the first wish that the guest's system would pass over. */
export function checkWishesFor(wishes: GuestWishes, guest: WishedFor, hasPassword: boolean): void {
  const refusals = guest.isWindows ? windowsRefusals(wishes, hasPassword) : posixRefusals(wishes);
  const first = refusals.find(({ isWished }) => isWished);
  if (first === undefined) return;
  const system = guest.isWindows ? 'is Windows' : 'is not marked as Windows';
  throw new Fault(
    'unsupported',
    'GUEST_WISH_UNSUPPORTED',
    `The image ${guest.image} ${system}: ${first.what}`,
    {
      hint: first.hint,
      details: { input: first.input, image: guest.image },
    },
  );
}

function windowsRefusals(wishes: GuestWishes, hasPassword: boolean): readonly Refusal[] {
  const files = wishes.writeFiles ?? [];
  return [
    {
      input: 'user',
      isWished: wishes.user !== undefined && hasPassword,
      what: "cloudbase-init takes a further user's password only in clear",
      hint: 'Leave the user out, and the password is the administrator’s; or leave the password out.',
    },
    {
      input: 'locale',
      isWished: wishes.locale !== undefined,
      what: 'cloudbase-init sets no locale',
      hint: 'Set it with a script: --run "powershell Set-WinSystemLocale de-DE"',
    },
    {
      input: 'packages',
      isWished: (wishes.packages ?? []).length > 0,
      what: 'cloudbase-init installs no packages',
      hint: 'Install them with a script: --run "winget install NAME"',
    },
    {
      input: 'growRoot',
      isWished: wishes.growRoot !== undefined,
      what: 'cloudbase-init extends its volumes as its own configuration in the image says',
      hint: 'Leave --grow and --no-grow out.',
    },
    {
      input: 'writeFiles',
      isWished: files.some(({ path }) => path.startsWith('/')),
      what: 'a file is to be written to a path that is none there',
      hint: 'Begin it with a drive: C:\\Users\\Public\\notes.txt',
    },
    {
      input: 'writeFiles',
      isWished: files.some(({ owner, permissions }) => owner !== undefined || permissions !== undefined),
      what: 'its files have no owner and mode such as cloud-init sets',
      hint: 'Leave them out, and set what is needed with --run "icacls …"',
    },
  ];
}

function posixRefusals({ writeFiles = [] }: GuestWishes): readonly Refusal[] {
  return [
    {
      input: 'writeFiles',
      isWished: writeFiles.some(({ path }) => !path.startsWith('/')),
      what: 'a file is to be written to a path of Windows',
      hint: 'Begin it with /; if it is Windows: novalet image set IMAGE --property os_type=windows',
    },
  ];
}
