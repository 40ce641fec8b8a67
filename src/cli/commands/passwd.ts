// novalet passwd INSTANCE
import { Option } from 'commander';
import type { Secret } from '../../base/index.ts';
import { defined } from '../defined.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { checkHash, generatePassword, secretFromPrompt, secretFromStdin } from '../secrets.ts';
import type { Session } from '../session.ts';

interface PasswdOptions {
  readonly user?: string;
  readonly generate?: boolean;
  readonly stdin?: boolean;
  readonly hash?: boolean;
}

export const passwd: Define = (command, session) => {
  command
    .description(
      "Set a user's password inside the guest. Asks for it on the terminal unless told where it comes from.",
    )
    .argument('<instance>', INSTANCE)
    .option('--user <user>', "whose password (default: the image's administrator, or root)")
    .addOption(new Option('--generate', 'make a password up and print it once').conflicts(['stdin', 'hash']))
    .option('--stdin', 'read the password from stdin')
    .option('--hash', 'read a crypt(5) hash from stdin, so that the password itself never comes here')
    .action(async (ref: string, options: PasswdOptions) => {
      const password = await readPassword(session, ref, options);
      const request = { password, ...defined({ user: options.user, hashed: options.hash }) };
      await session.query((compute) => compute.setPassword(ref, request));
      if (options.generate !== true) {
        await session.note(`The password of ${options.user ?? 'the administrator'} in ${ref} is set`);
        if (session.options.output === 'table') return;
      }
      await session.print(passwordDocument(ref, options, password));
    });
};

async function readPassword(session: Session, ref: string, options: PasswdOptions): Promise<Secret> {
  if (options.generate === true) return generatePassword();
  if (options.hash === true) return checkHash(await secretFromStdin(session));
  if (options.stdin === true) return secretFromStdin(session);
  return secretFromPrompt(session, `${options.user ?? 'the administrator'} in ${ref}`);
}

/** A made-up password is the whole output, so that it can be piped on. */
function passwordDocument(ref: string, options: PasswdOptions, password: Secret) {
  const shown = options.generate === true ? { admin_pass: password.reveal() } : {};
  return {
    data: { instance: ref, user: options.user ?? null, ...shown },
    text: () => `${password.reveal()}\n`,
  };
}
