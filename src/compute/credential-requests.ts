// What a door may ask about passwords and keys, and what it gets; part of the list in compute.ts.
import type { Secret } from '../base/index.ts';
import type { ActOptions } from './compute.ts';

/** `agent` while the guest runs, `offline` on the disk of one that is off; `auto` is the one of both that there is. */
export type CredentialRoad = 'agent' | 'offline' | 'auto';

/** Only `offline` takes long enough to tell of its steps. */
export type CredentialOptions = ActOptions;

export interface PasswordRequest {
  /** The image's os_admin_user, else Administrator on Windows, else root. */
  readonly user?: string;
  readonly password: Secret;
  /** The password is a crypt(5) hash already. */
  readonly hashed?: boolean;
  /** It has to be changed at the next login. */
  readonly expire?: boolean;
  /** `agent` when left out. */
  readonly road?: CredentialRoad;
}

/** What was done, and which road it took. */
export interface CredentialsChanged {
  readonly user: string;
  readonly via: 'agent' | 'offline';
}

export interface GuestKey {
  /** `ssh-ed25519` … */
  readonly type: string;
  /** As ssh-keygen -l shows it: `SHA256:…`. */
  readonly fingerprint: string;
  readonly comment: string;
  /** The whole line as the guest has it: hostile. */
  readonly line: string;
}

export interface KeysChanged extends CredentialsChanged {
  readonly keys: readonly GuestKey[];
}

/** The authorized SSH keys of the users of one guest. `user`: as in PasswordRequest. */
export interface Keys {
  list(user?: string, options?: CredentialOptions): Promise<KeysChanged>;
  /** Gives those that were added; one that is there already is not added again. */
  add(keys: readonly string[], request?: KeysRequest, options?: CredentialOptions): Promise<KeysChanged>;
  /** Each by fingerprint, comment or whole line. Throws `KEYS_NOT_FOUND`, and removes none, when one fits no key. */
  remove(which: readonly string[], user?: string, options?: CredentialOptions): Promise<KeysChanged>;
}

export interface KeysRequest {
  readonly user?: string;
  /** `agent` when left out. */
  readonly road?: CredentialRoad;
}
