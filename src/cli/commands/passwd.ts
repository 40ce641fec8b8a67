// novalet passwd INSTANCE
import { Option } from 'commander';
import type { Secret } from '../../base/index.ts';
import type { CredentialsChanged } from '../../compute/index.ts';
import { addRoadOptions, type RoadOptions, roadOf } from '../credential-road.ts';
import { defined } from '../defined.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { checkHash, generatePassword, secretFromPrompt, secretFromStdin } from '../secrets.ts';
import type { Session } from '../session.ts';

interface PasswdOptions extends RoadOptions {
  readonly user?: string;
  readonly generate?: boolean;
  readonly stdin?: boolean;
  readonly hash?: boolean;
  readonly expire?: boolean;
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
    .option('--expire', 'have the user change it at the next login');
  addRoadOptions(command).action(async (ref: string, options: PasswdOptions) => {
    const password = await readPassword(session, ref, options);
    const { user, hash: hashed, expire } = options;
    const road = roadOf(options);
    const request = { password, ...defined({ user, hashed, expire, road }) };
    const changed = await session.act((compute, act) => compute.setPassword(ref, request, act), {
      progress: road !== undefined,
    });
    if (options.generate !== true || road !== undefined) await session.note(sentence(ref, changed));
    if (options.generate !== true && session.options.output === 'table') return;
    await session.print(passwordDocument(ref, options, changed, password));
  });
};

async function readPassword(session: Session, ref: string, options: PasswdOptions): Promise<Secret> {
  if (options.generate === true) return generatePassword();
  if (options.hash === true) return checkHash(await secretFromStdin(session));
  if (options.stdin === true) return secretFromStdin(session);
  return secretFromPrompt(session, `${options.user ?? 'the administrator'} in ${ref}`);
}

function sentence(ref: string, { user, via }: CredentialsChanged): string {
  const where = via === 'agent' ? 'by the agent' : 'on its disk';
  return `The password of ${user} in ${ref} is set ${where}`;
}

/** A made-up password is the whole output, so that it can be piped on. */
function passwordDocument(
  ref: string,
  options: PasswdOptions,
  { user, via }: CredentialsChanged,
  password: Secret,
) {
  const shown = options.generate === true ? { admin_pass: password.reveal() } : {};
  return {
    data: { instance: ref, user, via, expired: options.expire ?? false, ...shown },
    text: () => `${password.reveal()}\n`,
  };
}
