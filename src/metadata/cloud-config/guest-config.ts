// Wishes → novalet's own part of the user data. It comes last, and merges itself in under what is there already.
// Merging: cloud-init, "Merging user data sections" and mergers/. A part says itself how it is merged into those before it.
import { gzipSync } from 'node:zlib';
import { Fault, MIB, Secret } from '../../base/index.ts';
import { type KeyPair, USER_DATA_MAX_BYTES } from '../../model/index.ts';
import type { JsonValue } from '../json.ts';
import type { UserDataFile } from '../user-data/part.ts';
import { checkWishesFor } from './check-windows.ts';
import { checkWishes } from './check-wishes.ts';
import type { GuestWishes, WishedFor, WrittenFile } from './guest-wishes.ts';
import { type CloudConfig, maskedText, revealedText } from './write-yaml.ts';

/** What messages call it. */
const SOURCE = 'options of the launch';
/**
 * Values that are there stay, lists are joined. No rule for strings: with one, a list of ours would push out a single value.
 * Ours first in lists, so that of two files with one path, for one, the user's is written last.
 */
const MERGE_FIRST = 'list(prepend)+dict(no_replace,recurse_list)';
/** Ours last: of two entries for one user cloud-init takes from the later what the first does not say. */
const MERGE_LAST = 'list(append)+dict(no_replace,recurse_list)';
/** Up to here text stays readable; longer content is packed. */
const READABLE_BYTES = 4096;
/** More than this is not even packed. */
const LARGEST_FILE = 16 * MIB;
const WITHOUT_BASH: ReadonlySet<string> = new Set(['alpine', 'dragonfly', 'freebsd', 'netbsd', 'openbsd']);

export interface GuestAccount {
  readonly keys: readonly KeyPair[];
  /** As crypt(5) has it; the guest gets no password in clear. */
  readonly passwordHash?: Secret | undefined;
}

export interface GuestConfig {
  /** For the guest. `hasOthers`: the user gives user data too, behind which they come. */
  files(hasOthers: boolean): readonly UserDataFile[];
  /** For people: hashes and contents are `[secret]`. */
  readonly shown: string;
}

/**
 * Undefined where nothing has to be written. Throws `GUEST_WISH_INVALID`, `GUEST_WISH_UNSUPPORTED`, `PASSWORD_USER_INVALID`
 * and `USER_DATA_TOO_LARGE`.
 */
export function guestConfig(
  wishes: GuestWishes,
  account: GuestAccount,
  guest: WishedFor,
): GuestConfig | undefined {
  checkWishes(wishes);
  checkWishesFor(wishes, guest, account.passwordHash !== undefined);
  checkFileSizes(wishes);
  const users = usersOf(wishes, account, guest);
  const rest = restOf(wishes, guest);
  const whole = { ...users, ...rest };
  if (Object.keys(whole).length === 0) return undefined;
  checkSize(whole, wishes);
  return {
    files: (hasOthers) =>
      hasOthers
        ? [file(rest, MERGE_FIRST), file(users, MERGE_LAST)].filter((part) => part !== undefined)
        : [{ name: SOURCE, bytes: Buffer.from(revealedText(whole)) }],
    shown: maskedText(whole),
  };
}

function file(config: CloudConfig, how: string): UserDataFile | undefined {
  if (Object.keys(config).length === 0) return undefined;
  return { name: SOURCE, bytes: Buffer.from(revealedText({ merge_how: how, ...config })) };
}

/** cloud-init makes the image's user only where `default` is listed, once there is a list. */
function usersOf({ user }: GuestWishes, { keys, passwordHash }: GuestAccount, guest: WishedFor): CloudConfig {
  if (user === undefined) return {};
  const authorized = keys.length === 0 ? {} : { ssh_authorized_keys: keys.map(({ publicKey }) => publicKey) };
  if (guest.isWindows) return { users: [{ name: user, groups: ['Administrators'], ...authorized }] };
  const entry = {
    name: user,
    sudo: 'ALL=(ALL) NOPASSWD:ALL',
    ...(WITHOUT_BASH.has(guest.distro ?? '') ? {} : { shell: '/bin/bash' }),
    lock_passwd: passwordHash === undefined,
    ...(passwordHash === undefined ? {} : { hashed_passwd: passwordHash }),
    ...authorized,
  };
  return { users: ['default', entry] };
}

function restOf(wishes: GuestWishes, { isWindows }: WishedFor): CloudConfig {
  const { timezone, locale, packages = [], run = [], writeFiles = [], growRoot } = wishes;
  return {
    ...(timezone === undefined ? {} : { timezone }),
    ...(locale === undefined ? {} : { locale }),
    ...(growRoot === undefined ? {} : growing(growRoot)),
    ...(writeFiles.length === 0 ? {} : { write_files: writeFiles.map(writtenFile) }),
    ...(packages.length === 0 ? {} : { packages }),
    // A shell for each: a quote that is not closed, or an exit, ends in its own command. cloudbase-init has one script for all.
    ...(run.length === 0 ? {} : { runcmd: isWindows ? run : run.map((command) => ['sh', '-c', command]) }),
  };
}

function growing(growRoot: boolean): CloudConfig {
  return growRoot
    ? { growpart: { mode: 'auto', devices: ['/'] }, resize_rootfs: true }
    : { growpart: { mode: 'off' }, resize_rootfs: false };
}

/**
 * A file that is not root's, or lies in a home, waits until packages are installed and users made: before, its owner may not
 * be there, and a home that is there already is not filled.
 */
function writtenFile({ path, content, permissions, owner }: WrittenFile): JsonValue {
  const isRoots = owner === undefined || /^root(?::root)?$/.test(owner);
  const isDeferred = !isRoots || path.startsWith('/home/');
  return {
    path,
    ...(permissions === undefined ? {} : { permissions: permissions.padStart(4, '0') }),
    ...(owner === undefined ? {} : { owner }),
    ...(isDeferred ? { defer: true } : {}),
    ...contentOf(Buffer.from(content)),
  };
}

function contentOf(content: Buffer): { readonly [key: string]: JsonValue } {
  const text = content.toString('latin1');
  if (content.length <= READABLE_BYTES && /^[\t\n\x20-\x7e]*$/.test(text)) {
    return { content: new Secret(text) };
  }
  const packed = gzipSync(content, { level: 9 });
  const isSmaller = packed.length < content.length;
  return {
    encoding: isSmaller ? 'gz+b64' : 'b64',
    content: new Secret((isSmaller ? packed : content).toString('base64')),
  };
}

/** Says which file is the largest: there is hardly anything else that makes it large. */
function checkSize(config: CloudConfig, wishes: GuestWishes): void {
  const bytes = Buffer.byteLength(revealedText(config));
  if (bytes > USER_DATA_MAX_BYTES) throw tooLarge(bytes, wishes);
}

function checkFileSizes(wishes: GuestWishes): void {
  const large = wishes.writeFiles?.find(({ content }) => content.length > LARGEST_FILE);
  if (large !== undefined) throw tooLarge(large.content.length, wishes);
}

function tooLarge(bytes: number, { writeFiles = [] }: GuestWishes): Fault {
  const [largest] = writeFiles.toSorted((a, b) => b.content.length - a.content.length);
  const words =
    largest === undefined ? '' : `; the largest file is ${largest.path} with ${largest.content.length}`;
  return new Fault(
    'invalid',
    'USER_DATA_TOO_LARGE',
    `The options of the launch make user data of ${bytes} bytes, and ${USER_DATA_MAX_BYTES} are allowed${words}`,
    {
      details: { bytes, maxBytes: USER_DATA_MAX_BYTES, file: largest?.path ?? SOURCE },
      hint: 'Copy large files in when the guest runs: novalet cp FILE NAME:PATH',
    },
  );
}
