// Where the password of a guest's administrator comes from: stdin, a file, or it is made up.
import { Option } from 'commander';
import type { Secret } from '../base/index.ts';
import type { CliCommand } from './command-tree.ts';
import { generatePassword, secretFromFile, secretFromStdin } from './secrets.ts';
import type { Session } from './session.ts';

export interface PasswordSourceOptions {
  readonly passwordStdin?: boolean;
  readonly passwordFile?: string;
  readonly generatePassword?: boolean;
}

export function addPasswordSourceOptions(command: CliCommand): CliCommand {
  return command
    .addOption(
      new Option('--password-stdin', "read the administrator's password from stdin").conflicts([
        'passwordFile',
        'generatePassword',
      ]),
    )
    .addOption(
      new Option('--password-file <file>', "read the administrator's password from a file").conflicts([
        'generatePassword',
      ]),
    )
    .option('--generate-password', 'make a password up and print it once');
}

export async function readPasswordSource(
  session: Session,
  options: PasswordSourceOptions,
): Promise<Secret | undefined> {
  if (options.passwordStdin === true) return secretFromStdin(session);
  if (options.passwordFile !== undefined) return secretFromFile(session, options.passwordFile);
  return options.generatePassword === true ? generatePassword() : undefined;
}
