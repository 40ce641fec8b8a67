// What may be a user's name, a password and a password hash, by form alone; whoever sets one checks it with these first.
// Forms: libxcrypt, crypt(5).
import { Fault, type Secret } from '../base/index.ts';

const B64 = '[./0-9A-Za-z]';
/** Each method's whole form, since a hash that was cut short locks its user out. */
const HASHES: readonly RegExp[] = [
  new RegExp(`^\\$g?y\\$${B64}+\\$${B64}{0,86}\\$${B64}{43}$`), // yescrypt, gost-yescrypt
  new RegExp(`^\\$7\\$${B64}{11,97}\\$${B64}{43}$`), // scrypt
  new RegExp(`^\\$2[abxy]\\$[0-9]{2}\\$${B64}{53}$`), // bcrypt
  new RegExp(`^\\$6\\$(rounds=[1-9][0-9]{3,8}\\$)?[^$:\\s]{1,16}\\$${B64}{86}$`), // SHA-512
  new RegExp(`^\\$5\\$(rounds=[1-9][0-9]{3,8}\\$)?[^$:\\s]{1,16}\\$${B64}{43}$`), // SHA-256
];
const LARGEST_HASH = 511;

/** Throws `PASSWORD_INVALID` unless it is a whole hash of a method that is fit for use: yescrypt, scrypt, bcrypt, SHA-2. */
export function checkPasswordHash(hash: Secret): void {
  const text = hash.reveal();
  if (text.length <= LARGEST_HASH && HASHES.some((form) => form.test(text))) return;
  throw new Fault(
    'invalid',
    'PASSWORD_INVALID',
    'This is not a whole password hash as crypt(5) describes it',
    { hint: 'Make one with openssl passwd -6 or mkpasswd -m yescrypt, or give the plain password.' },
  );
}

/** Throws `PASSWORD_INVALID` for what cannot stand in one line of chpasswd's input. */
export function checkPlainPassword(password: Secret): void {
  const text = password.reveal();
  if (text !== '' && text.length <= 4096 && !/[\n\r\0]/.test(text)) return;
  throw new Fault(
    'invalid',
    'PASSWORD_INVALID',
    'The password is empty, too long, or holds a line break or a NUL character',
    { hint: 'Give a password of one line, of at most 4096 characters.' },
  );
}

/** Throws `PASSWORD_USER_INVALID` for what cannot be a user's name in a file of lines with colons. */
export function checkUserName(user: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a control character would break out of the line
  if (user !== '' && user.length <= 256 && !/[:/\s\x00-\x1f\x7f]/.test(user) && !user.startsWith('-')) return;
  throw new Fault('invalid', 'PASSWORD_USER_INVALID', `"${user}" cannot be the name of a user`, {
    hint: 'Name a user of the guest, such as root.',
  });
}
