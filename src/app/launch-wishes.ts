// What people write of a launch, made what the engine takes: text for bytes, keys as in authorized_keys, a password as a string.
import { Secret } from '../base/index.ts';
import type { ActOptions, GuestWishes, LaunchRequest, WrittenFile } from '../compute/index.ts';

type UserDataText = string | Uint8Array;

/** User data with a name for messages, and for the part's file name in the guest. */
export interface NamedUserData {
  readonly name: string;
  readonly content: UserDataText;
}

/** What the guest shall be like; contents of files as text or bytes. */
export interface WishedGuest extends Omit<GuestWishes, 'writeFiles'> {
  readonly writeFiles?: readonly (Omit<WrittenFile, 'content'> & { readonly content: string | Uint8Array })[];
}

/** `LaunchRequest`, with what people write instead of what the engine takes. */
export interface LaunchOptions
  extends Omit<LaunchRequest, 'userData' | 'sshKeys' | 'adminPassword' | 'guest' | 'files'>,
    ActOptions {
  readonly guest?: WishedGuest;
  /** To be injected; contents as text or bytes. */
  readonly files?: readonly { readonly path: string; readonly content: string | Uint8Array }[];
  /** One is passed as it is; several become one MIME document. */
  readonly userData?: UserDataText | readonly (UserDataText | NamedUserData)[];
  /** Public keys as in authorized_keys. */
  readonly sshKeys?: readonly string[];
  readonly adminPassword?: string;
}

function readUserData(given: NonNullable<LaunchOptions['userData']>): NonNullable<LaunchRequest['userData']> {
  if (typeof given === 'string' || given instanceof Uint8Array) return Buffer.from(given);
  return given.map((part) =>
    typeof part === 'string' || part instanceof Uint8Array
      ? Buffer.from(part)
      : { name: part.name, bytes: Buffer.from(part.content) },
  );
}

/** What of a request has another form for people than for the engine. */
export function readCommon({
  userData,
  sshKeys,
  adminPassword,
}: Pick<LaunchOptions, 'userData' | 'sshKeys' | 'adminPassword'>) {
  return {
    ...(userData === undefined ? {} : { userData: readUserData(userData) }),
    ...(sshKeys === undefined
      ? {}
      : { sshKeys: sshKeys.map((publicKey, at) => ({ name: `key${at}`, publicKey })) }),
    ...(adminPassword === undefined ? {} : { adminPassword: new Secret(adminPassword) }),
  };
}

/** The part that every action takes. */
export function readAct({ signal, onProgress }: ActOptions): ActOptions {
  return { signal, ...(onProgress === undefined ? {} : { onProgress }) };
}

function readGuest({ writeFiles, ...wishes }: WishedGuest): GuestWishes {
  if (writeFiles === undefined) return wishes;
  return {
    ...wishes,
    writeFiles: writeFiles.map((file) => ({ ...file, content: Buffer.from(file.content) })),
  };
}

/** The whole of it, of a launch from whatever it is. */
export function readLaunch<T extends Partial<LaunchOptions>>(options: T) {
  const {
    userData: _userData,
    guest,
    files,
    sshKeys: _sshKeys,
    adminPassword: _adminPassword,
    signal: _signal,
    onProgress: _onProgress,
    ...rest
  } = options;
  return {
    ...rest,
    ...readCommon(options),
    ...(guest === undefined ? {} : { guest: readGuest(guest) }),
    ...(files === undefined
      ? {}
      : { files: files.map(({ path, content }) => ({ path, content: Buffer.from(content) })) }),
  };
}
