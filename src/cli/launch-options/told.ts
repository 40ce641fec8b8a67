// What a guest is told at a launch, whatever it is launched from: user data, wishes, keys, a password, files, metadata.
import type { LaunchRequest } from '../../compute/index.ts';
import { type PasswordSourceOptions, readPasswordSource } from '../admin-password-source.ts';
import { defined } from '../defined.ts';
import type { Session } from '../session.ts';
import { readSshKeys } from '../ssh-keys.ts';
import { readUserData } from '../user-data.ts';
import { invalid } from '../values.ts';
import { type AdminPasswordOptions, readAdminPasswordOptions } from './admin-password.ts';
import { type GuestWishOptions, readGuestWishOptions, stdinReaders } from './guest-wishes.ts';
import { type InjectedFileOptions, injectedStdinReaders, readInjectedFileOptions } from './injected-files.ts';
import { type NetworkOptions, readNetworkOptions } from './networks.ts';

export interface ToldOptions
  extends InjectedFileOptions,
    NetworkOptions,
    GuestWishOptions,
    AdminPasswordOptions,
    PasswordSourceOptions {
  readonly userData?: readonly string[];
  readonly validate: boolean;
  readonly sshKey?: readonly string[];
  readonly meta?: Record<string, string>;
  readonly tag?: readonly string[];
}

export type Told = Pick<
  LaunchRequest,
  | 'userData'
  | 'validate'
  | 'sshKeys'
  | 'guest'
  | 'files'
  | 'adminPassword'
  | 'plainAdminPassword'
  | 'networks'
  | 'metadata'
  | 'tags'
>;

/** Throws `OPTION_INVALID` and the faults of reading. */
export async function readTold(session: Session, options: ToldOptions): Promise<Told> {
  checkStdin(options);
  const { meta: metadata, tag: tags, validate } = options;
  const userData = options.userData === undefined ? undefined : await readUserData(session, options.userData);
  const sshKeys = options.sshKey === undefined ? undefined : await readSshKeys(options.sshKey);
  const guest = await readGuestWishOptions(session, options);
  const files = await readInjectedFileOptions(session, options);
  const adminPassword = await readPasswordSource(session, options);
  return {
    validate,
    ...readNetworkOptions(options),
    ...readAdminPasswordOptions(options),
    ...guest,
    ...files,
    ...defined({ metadata, tags, userData, sshKeys, adminPassword }),
  };
}

/** There is one stdin. */
export function checkStdin(
  options: Pick<ToldOptions, 'userData' | 'writeFile' | 'injectFile' | 'passwordStdin'>,
): void {
  const [first, second] = [
    ...(options.userData?.includes('-') === true ? ['--user-data -'] : []),
    ...[...stdinReaders(options), ...injectedStdinReaders(options)].map((option) => `${option} …=-`),
    ...(options.passwordStdin === true ? ['--password-stdin'] : []),
  ];
  if (second === undefined) return;
  throw invalid(`${first} and ${second} both want stdin`, 'Give one of them as a file.');
}
