// User data: whatever the owner wants cloud-init or cloudbase-init to run. Opaque here, and a secret.
import { Fault, Masked } from '../base/index.ts';

/** Nova's limit, before base64. */
export const USER_DATA_MAX_BYTES = 65_535;

/** Holds user data, which may hold secrets. */
export class UserData extends Masked<Uint8Array> {
  /** Copies `bytes`. Throws `USER_DATA_TOO_LARGE` over 65535 bytes. */
  constructor(bytes: Uint8Array) {
    if (bytes.length > USER_DATA_MAX_BYTES) throw tooLarge(bytes.length);
    super(Uint8Array.from(bytes));
  }

  get sizeBytes(): number {
    return this.reveal().length;
  }
}

function tooLarge(bytes: number): Fault {
  return new Fault(
    'invalid',
    'USER_DATA_TOO_LARGE',
    `The user data has ${bytes} bytes, and ${USER_DATA_MAX_BYTES} are allowed`,
    {
      details: { bytes, maxBytes: USER_DATA_MAX_BYTES },
      hint: 'Compress it with gzip, or fetch the rest with #include.',
    },
  );
}
