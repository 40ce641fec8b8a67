// A user's password, its expiry and SSH keys, changed in the files of a mounted system.
import { Fault, type Secret } from '../../base/index.ts';
import { addAuthorizedKeys } from '../../model/index.ts';
import { type Account, editShadow, findAccount } from './edit-shadow.ts';
import { unsupportedSystem, userUnknown } from './faults.ts';
import type { GuestFiles } from './guest-files.ts';
import type { Guestfish } from './guestfish.ts';

export interface AccountChange {
  readonly user: string;
  /** A crypt(5) hash. */
  readonly hash?: Secret | undefined;
  readonly expire?: boolean | undefined;
  /** Lines as parsePublicKey gives them; added to what is there. */
  readonly keys?: readonly string[] | undefined;
}

export interface AccountChanged {
  /** Those that were not there before. */
  readonly keysAdded: readonly string[];
}

const PASSWD_BYTES = 4 * 1024 * 1024;
const KEYS_BYTES = 256 * 1024;
const CONFIG_BYTES = 64 * 1024;

/** Throws `OFFLINE_USER_UNKNOWN`, `OFFLINE_HOME_MISSING`, `OFFLINE_SYSTEM_UNSUPPORTED` and what GuestFiles throws. */
export async function changeAccount(
  fish: Guestfish,
  files: GuestFiles,
  change: AccountChange,
): Promise<AccountChanged> {
  const passwd = await files.read('/etc/passwd', PASSWD_BYTES);
  if (passwd === undefined) throw unsupportedSystem('it has no /etc/passwd');
  const account = findAccount(passwd, change.user);
  if (account === undefined) throw userUnknown(change.user);
  if (change.hash !== undefined || change.expire === true) await changeShadow(files, change);
  const { keys = [] } = change;
  const keysAdded = keys.length === 0 ? [] : await addKeys(fish, files, account, keys);
  await markForRelabel(fish, files);
  return { keysAdded };
}

async function changeShadow(files: GuestFiles, change: AccountChange): Promise<void> {
  const shadow = await files.read('/etc/shadow', PASSWD_BYTES);
  if (shadow === undefined) throw unsupportedSystem('it has no /etc/shadow');
  const wanted = { hash: change.hash?.reveal(), expire: change.expire ?? false };
  const edited = editShadow(shadow, change.user, wanted, Date.now());
  if (edited === undefined) throw userUnknown(change.user);
  await files.replace('/etc/shadow', edited);
}

async function addKeys(
  fish: Guestfish,
  files: GuestFiles,
  account: Account,
  keys: readonly string[],
): Promise<readonly string[]> {
  // A home behind a link, such as /home -> /var/home, is usual; links below it are the user's own and not followed.
  if (!(await fish.is('is-dir', account.home, 'followsymlinks:true'))) throw homeMissing(account.home);
  const home = (await fish.run('realpath', account.home)).replace(/\n$/, '');
  const directory = `${home === '/' ? '' : home}/.ssh`;
  await files.makePrivateDirectory(directory, account);
  const path = `${directory}/authorized_keys`;
  const { text, added } = addAuthorizedKeys((await files.read(path, KEYS_BYTES)) ?? '', keys);
  if (added.length > 0) await files.writePrivate(path, text, account);
  return added;
}

/** New files have no SELinux label, and a wrong one locks the user out: the guest labels anew at its next start. */
async function markForRelabel(fish: Guestfish, files: GuestFiles): Promise<void> {
  if (!(await fish.is('is-file', '/etc/selinux/config'))) return;
  const config = (await files.read('/etc/selinux/config', CONFIG_BYTES)) ?? '';
  if (/^[ \t]*SELINUX=(?:enforcing|permissive)\b/m.test(config)) await fish.run('touch', '/.autorelabel');
}

function homeMissing(home: string): Fault {
  return new Fault(
    'not-found',
    'OFFLINE_HOME_MISSING',
    'The user has no home directory on the disk to put keys in',
    { hint: 'Make it inside the guest, or name another user.', details: { home } },
  );
}
