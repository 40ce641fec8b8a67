// novalet vnc INSTANCE
import { Option } from 'commander';
import type { Secret } from '../../base/index.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { generatePassword, secretFromStdin } from '../secrets.ts';
import type { Session } from '../session.ts';
import { parseSeconds } from '../values.ts';

interface VncOptions {
  readonly passwordStdin?: boolean;
  readonly generatePassword?: boolean;
  readonly for: number;
}

/** As long as a console token of Nova's lives ([consoleauth]token_ttl). */
const TEN_MINUTES_MS = 600_000;

export const vnc: Define = (command, session) => {
  command
    .description('Show where the VNC display of the guest listens, and give it a password for some minutes.')
    .argument('<instance>', INSTANCE)
    .addOption(
      new Option('--password-stdin', 'read its new password from stdin: eight characters at most').conflicts([
        'generatePassword',
      ]),
    )
    .option('--generate-password', 'make a password up and print it')
    .addOption(
      new Option('--for <seconds>', 'how long the password lets viewers in')
        .argParser(parseSeconds)
        .default(TEN_MINUTES_MS, '600'),
    )
    .action(async (ref: string, options: VncOptions) => {
      const password = await readPassword(session, options);
      const shown = await session.act(
        async (compute) =>
          password === undefined
            ? await compute.consoles.vnc(ref)
            : await compute.consoles.setVncPassword(ref, password, options.for),
        { progress: false },
      );
      const told = options.generatePassword === true ? (password?.reveal() ?? null) : null;
      await session.print({
        data: {
          place: shown.place,
          asks_password: shown.asksPassword,
          password_valid_until: shown.passwordValidUntil,
          password: told,
        },
        text: () => `${shown.place}\n${told === null ? '' : `password: ${told}\n`}`,
      });
    });
};

async function readPassword(session: Session, options: VncOptions): Promise<Secret | undefined> {
  if (options.passwordStdin === true) return await secretFromStdin(session);
  return options.generatePassword === true ? await generatePassword(8) : undefined;
}
