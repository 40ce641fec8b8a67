// Wishes before they are written: what no guest could carry out is said here, with its cure. Commands and contents of files
// are not repeated, since they may hold secrets.
import { Fault } from '../../base/index.ts';
import { checkUserName, nearestName } from '../../model/index.ts';
import type { GuestWishes, WrittenFile } from './guest-wishes.ts';

const LONGEST_TEXT = 4096;
/** Of useradd(8); it cannot begin with a digit, for such a name is taken for an id. */
const NAME = '[A-Za-z_][A-Za-z0-9_.-]{0,31}';
const USER = new RegExp(`^${NAME}$`);
const OWNER = new RegExp(`^${NAME}(?::${NAME})?$`);
const ZONE = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/;
const LOCALE = /^(?:C|POSIX|[a-z]{2,3}(?:_[A-Z]{2})?)(?:\.[A-Za-z0-9-]{1,20})?(?:@[a-z]{1,20})?$/;
/** A version, an architecture, a group of dnf's or a path may be part of it; an option may not. */
const PACKAGE = /^[A-Za-z0-9@/][A-Za-z0-9+._:~=/@-]{0,254}$/;
const PERMISSIONS = /^0?[0-7]{3,4}$/;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const LONGEST_HOSTNAME = 253;

/** Throws `GUEST_WISH_INVALID`, and `PASSWORD_USER_INVALID` for what is no user's name at all. */
export function checkWishes(wishes: GuestWishes): void {
  if (wishes.user !== undefined) checkUser(wishes.user);
  if (wishes.hostname !== undefined) checkHostname(wishes.hostname);
  if (wishes.timezone !== undefined) checkTimezone(wishes.timezone);
  if (wishes.locale !== undefined) checkLocale(wishes.locale);
  for (const name of wishes.packages ?? []) checkPackage(name);
  for (const command of wishes.run ?? []) checkCommand(command);
  checkFiles(wishes.writeFiles ?? []);
}

function checkUser(user: string): void {
  checkUserName(user);
  if (user === 'root' || user === 'default') {
    throw wrong(
      'user',
      `${user} is no name for a further user`,
      {
        root: 'root is there already; to let it in by SSH, give disable_root: false with --user-data.',
        default: 'To cloud-init it means the user of the image, who is there in any case.',
      }[user],
    );
  }
  if (USER.test(user)) return;
  const hint = 'Use up to 32 letters, digits, _, . and -, the first a letter or _.';
  throw wrong('user', `${shown(user)} is a name that guests do not take for a user`, hint);
}

/** A label, or several with dots between them (RFC 1123). */
function checkHostname(name: string): void {
  const labels = name.split('.');
  const isAddress = /^\d+$/.test(labels.at(-1) ?? '');
  if (name.length <= LONGEST_HOSTNAME && !isAddress && labels.every((label) => LABEL.test(label))) return;
  throw wrong(
    'hostname',
    `${shown(name)} is no host name`,
    'Use letters, digits and -, at most 63 between dots: web1, or web1.example.com',
  );
}

function checkTimezone(zone: string): void {
  if (ZONE.test(zone) && isKnownZone(zone)) return;
  const near = nearestName(zone, Intl.supportedValuesOf('timeZone'));
  throw wrong(
    'timezone',
    `${shown(zone)} is no time zone`,
    near === undefined
      ? 'Name one as in /usr/share/zoneinfo: Europe/Berlin, or UTC'
      : `Did you mean ${near}?`,
  );
}

function isKnownZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function checkLocale(locale: string): void {
  if (LOCALE.test(locale)) return;
  throw wrong('locale', `${shown(locale)} is no locale`, 'Write it as locale -a does: de_DE.UTF-8');
}

function checkPackage(name: string): void {
  if (PACKAGE.test(name)) return;
  throw wrong(
    'packages',
    `${shown(name)} is no package's name`,
    'One name for each --package, as the package manager of the guest has it.',
  );
}

function checkCommand(command: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no shell can be given a NUL character
  const isFine = command.trim() !== '' && command.isWellFormed() && !/\x00/.test(command);
  if (isFine) return;
  throw wrong(
    'run',
    'A command to run is empty, or holds what no shell takes',
    'Give one line for the shell of the guest, in quotes: --run "systemctl enable nginx"',
  );
}

function checkFiles(files: readonly WrittenFile[]): void {
  const seen = new Set<string>();
  for (const file of files) {
    checkPath(file.path);
    checkMode(file);
    if (seen.has(file.path)) {
      throw wrong('writeFiles', `${shown(file.path)} is to be written twice`, 'Leave one of them out.');
    }
    seen.add(file.path);
  }
}

/** POSIX, or with a drive's letter; which of them the guest takes is looked at with its system. */
function checkPath(path: string): void {
  const isAbsolute = path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);
  const isFile = !/[\\/]$/.test(path) && path.length <= LONGEST_TEXT;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: nobody means a file with such a name
  const isPrintable = path.isWellFormed() && !/[\x00-\x1f\x7f]/.test(path);
  if (isAbsolute && isFile && isPrintable) return;
  throw wrong(
    'writeFiles',
    `${shown(path)} is no absolute path of a file in the guest`,
    'Write it from the root on, with the name of the file: /etc/motd',
  );
}

function checkMode({ path, permissions, owner }: WrittenFile): void {
  if (permissions !== undefined && !PERMISSIONS.test(permissions)) {
    const hint = 'Write it in octal: 0644';
    throw wrong('writeFiles', `${shown(permissions)} is no mode for ${shown(path)}`, hint);
  }
  if (owner !== undefined && !OWNER.test(owner)) {
    const hint = 'Write USER or USER:GROUP, by name.';
    throw wrong('writeFiles', `${shown(owner)} cannot own ${shown(path)}`, hint);
  }
}

/** Bounded, and on one line. */
function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function wrong(input: keyof GuestWishes, message: string, hint: string): Fault {
  return new Fault('invalid', 'GUEST_WISH_INVALID', message, { hint, details: { input } });
}
