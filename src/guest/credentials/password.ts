// Setting a user's password through the agent, and making it expire.
import { Fault, type Secret } from '../../base/index.ts';
import { checkPasswordHash, checkPlainPassword, checkUserName } from '../../model/index.ts';
import { QapiFault } from '../../qapi/index.ts';
import type { AgentCaller } from '../caller.ts';
import { type CredentialsAgent, knowsUser, runScript, userUnknown } from './credentials-agent.ts';
import { EXPIRE_SCRIPT, STATUS } from './scripts.ts';

export interface SetPasswordOptions {
  /** The password is a crypt(5) hash. */
  readonly crypted?: boolean | undefined;
  /** It has to be changed at the next login. */
  readonly expire?: boolean | undefined;
  /** Windows takes no hash, keeps rules of its own, and has no expiry that an agent could set. */
  readonly isWindows?: boolean | undefined;
}

/** guest-set-user-password alone. Throws `PASSWORD_INVALID`, `PASSWORD_USER_INVALID`. */
export async function setPassword(
  agent: AgentCaller,
  username: string,
  password: Secret,
  crypted: boolean,
): Promise<void> {
  // The agent hands both to chpasswd as one line `user:password`.
  checkUserName(username);
  if (crypted) checkPasswordHash(password);
  else checkPlainPassword(password);
  await agent.call('guest-set-user-password', {
    username,
    password: Buffer.from(password.reveal(), 'utf8').toString('base64'),
    crypted,
  });
}

/**
 * Sets the password with all that belongs to it. Throws, before anything is set, `PASSWORD_HASH_UNSUPPORTED` and
 * `PASSWORD_EXPIRE_UNSUPPORTED`, and `AGENT_COMMAND_BLOCKED` where expiry needs exec and the guest forbids it; then
 * `GUEST_USER_UNKNOWN`, `PASSWORD_REFUSED` (Windows), `PASSWORD_NOT_EXPIRED`.
 */
export async function givePassword(
  agent: CredentialsAgent,
  user: string,
  password: Secret,
  options: SetPasswordOptions = {},
): Promise<void> {
  const { crypted = false, expire = false, isWindows = false } = options;
  if (isWindows) refuseForWindows(user, crypted, expire);
  // Asks for what expiry will need, so that a guest that forbids it is found out while nothing is changed.
  if (expire) await runScript(agent, ':', []);
  try {
    await setPassword(agent, user, password, crypted);
  } catch (error) {
    if (!(error instanceof QapiFault)) throw error;
    if (isWindows) throw refusedByWindows(user, error);
    throw (await knowsUser(agent, user)) === false ? userUnknown(agent.peer, user) : error;
  }
  if (expire) await expirePassword(agent, user);
}

/** Makes the user's password expire at once. Throws `PASSWORD_NOT_EXPIRED`. */
async function expirePassword(agent: CredentialsAgent, user: string): Promise<void> {
  const { exitCode } = await runScript(agent, EXPIRE_SCRIPT, [user, '/etc/shadow']);
  if (exitCode === STATUS.ok) return;
  throw new Fault(
    'refused',
    'PASSWORD_NOT_EXPIRED',
    `The password of ${user} is set, and the guest could not make it expire`,
    {
      outcome: 'unknown',
      hint: 'The user may have no line in /etc/shadow, or it cannot be written; see chage -l in the guest.',
      details: { user, exitCode: exitCode ?? -1 },
    },
  );
}

function refuseForWindows(user: string, crypted: boolean, expire: boolean): void {
  if (crypted) {
    throw new Fault(
      'unsupported',
      'PASSWORD_HASH_UNSUPPORTED',
      'Windows does not take a password as a hash',
      { hint: `Give the password itself: novalet passwd NAME --user ${word(user)} --stdin` },
    );
  }
  if (!expire) return;
  throw new Fault(
    'unsupported',
    'PASSWORD_EXPIRE_UNSUPPORTED',
    'A password in Windows cannot be made to expire through the agent',
    {
      hint: `Set it without --expire, then: novalet exec NAME -- net user ${word(user)} /logonpasswordchg:yes`,
    },
  );
}

/** A user as a person's shell takes it. */
function word(user: string): string {
  return /^[\w.@-]+$/.test(user) ? user : `'${user.replaceAll("'", "'\\''")}'`;
}

function refusedByWindows(user: string, cause: Fault): Fault {
  return new Fault('refused', 'PASSWORD_REFUSED', `Windows refused the password of ${user}`, {
    cause,
    hint: 'Its rules may want eight characters or more of three sorts (upper, lower, digits, signs) and no part of the name. The user must be there; Administrator has a name of its own in every language.',
    details: { user },
  });
}
