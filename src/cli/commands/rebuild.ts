// novalet rebuild INSTANCE

import {
  addPasswordSourceOptions,
  type PasswordSourceOptions,
  readPasswordSource,
} from '../admin-password-source.ts';
import { defined } from '../defined.ts';
import { instanceDocument } from '../documents.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import type { Session } from '../session.ts';
import { readSshKeys } from '../ssh-keys.ts';
import { readUserData } from '../user-data.ts';
import { collect, invalid } from '../values.ts';

interface RebuildOptions extends PasswordSourceOptions {
  readonly image?: string;
  readonly userData?: readonly string[];
  readonly validate: boolean;
  readonly sshKey?: readonly string[];
  readonly preserveEphemeral?: boolean;
}

export const rebuild: Define = (command, session) => {
  command
    .description(
      'Give an instance a new root disk; what is on the old one is lost. Its name, ports and hardware stay.',
    )
    .argument('<instance>', INSTANCE)
    .option('--image <image>', 'what the new disk is made from (default: the image it has)')
    .option(
      '--user-data <file>',
      'new user data in place of the old; - reads stdin; several become one document',
      collect,
    )
    .option('--no-validate', 'pass user data on without looking at it')
    .option('--ssh-key <file>', 'public key in place of the old ones; may be given several times', collect);
  addPasswordSourceOptions(command)
    .option('--preserve-ephemeral', 'leave the ephemeral disk with what is on it')
    .action(async (ref: string, options: RebuildOptions) => await act(session, ref, options));
};

async function act(session: Session, ref: string, options: RebuildOptions): Promise<void> {
  if (options.passwordStdin === true && options.userData?.includes('-') === true)
    throw invalid('--user-data - and --password-stdin both want stdin', 'Give one of them as a file.');
  const { image, preserveEphemeral, validate } = options;
  const userData = options.userData === undefined ? undefined : await readUserData(session, options.userData);
  const sshKeys = options.sshKey === undefined ? undefined : await readSshKeys(options.sshKey);
  const adminPassword = await readPasswordSource(session, options);
  const request = { validate, ...defined({ image, preserveEphemeral, userData, sshKeys, adminPassword }) };
  const view = await session.act(async (compute, actOptions) => {
    const { id } = await compute.rebuild(ref, request, actOptions);
    return await compute.show(id);
  });
  const shown = options.generatePassword === true ? adminPassword?.reveal() : undefined;
  await session.print(instanceDocument(view, shown));
}
