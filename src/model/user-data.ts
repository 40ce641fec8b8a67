// User data: whatever the owner wants cloud-init or cloudbase-init to run. Opaque here, and a secret.
import { inspect } from 'node:util';
import { Fault } from '../base/index.ts';

/** Nova's limit, before base64. */
export const USER_DATA_MAX_BYTES = 65_535;

const MASK = '[secret]';

/** Holds user data; prints as `[secret]` everywhere. `reveal()` is the one way to read it. */
export class UserData {
  readonly #bytes: Uint8Array;

  /** Copies `bytes`. Throws `USER_DATA_TOO_LARGE` over 65535 bytes. */
  constructor(bytes: Uint8Array) {
    if (bytes.length > USER_DATA_MAX_BYTES) throw tooLarge(bytes.length);
    this.#bytes = Uint8Array.from(bytes);
  }

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  /** The bytes themselves. Call it where they are used, and nowhere else. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
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
