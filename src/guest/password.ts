// Setting a user's password through the agent.
import { Fault, type Secret } from '../base/index.ts';
import type { AgentCaller } from './caller.ts';

/** Agent.setPassword: guest-set-user-password. Throws `PASSWORD_INVALID`, `PASSWORD_USER_INVALID`. */
export async function setPassword(
  agent: AgentCaller,
  username: string,
  password: Secret,
  crypted: boolean,
): Promise<void> {
  // The agent hands both to chpasswd as one line `user:password`.
  if (username === '' || /[:\s\0]/.test(username)) {
    throw new Fault('invalid', 'PASSWORD_USER_INVALID', `"${username}" cannot be the name of a user`, {
      hint: 'Name a user of the guest, such as root.',
    });
  }
  const text = password.reveal();
  if (text === '' || /[\n\r\0]/.test(text)) {
    throw new Fault(
      'invalid',
      'PASSWORD_INVALID',
      'The password is empty or holds a line break or a NUL character',
      {
        hint: 'Give a password of one line.',
      },
    );
  }
  if (crypted && (!text.startsWith('$') || text.includes(':'))) {
    throw new Fault(
      'invalid',
      'PASSWORD_INVALID',
      'The password is said to be a hash and does not look like one',
      {
        hint: 'Give a crypt(3) hash such as $6$… or $y$…, or the plain password without --hash.',
      },
    );
  }
  await agent.call('guest-set-user-password', {
    username,
    password: Buffer.from(text, 'utf8').toString('base64'),
    crypted,
  });
}
