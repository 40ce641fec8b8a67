// What a guest was given to read at its launch, beside what its instance's record says. Kept, so that every carrier tells
// the same for as long as the instance lives. Nothing of it is a password in clear.
import type { KeyPair } from './ssh-key.ts';
import type { UserData } from './user-data.ts';

export interface GuestInput {
  readonly keys: readonly KeyPair[];
  /** The owner's, whole: one document. */
  readonly userData: UserData | null;
  /** novalet's own, which the guest gets as vendor data: a `#cloud-config`, or an archive with one and with scripts. */
  readonly vendorConfig: UserData | null;
  readonly files: readonly InjectedFile[];
  /** 512 bytes. */
  readonly randomSeed: Uint8Array;
}

/** A file that the guest's reader of a config drive writes. */
export interface InjectedFile {
  /** Absolute, in the guest. */
  readonly path: string;
  readonly content: Uint8Array;
}
