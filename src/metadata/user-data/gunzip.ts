// gzip, unpacked within a bound: what is small may unpack to terabytes.
import { gunzipSync } from 'node:zlib';
import { errnoCode, type Fault, formatBytes, KIB } from '../../base/index.ts';
import { problem } from './problem.ts';

/** What user data may unpack to: the best that gzip makes of text, and little enough to parse at once. */
const MAX_UNPACKED_BYTES = 512 * KIB;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Throws `USER_DATA_GZIP_INVALID`. */
export function gunzip(bytes: Uint8Array, source: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    throw damaged(error, source);
  }
}

function damaged(cause: unknown, file: string): Fault {
  const isLarge = errnoCode(cause) === 'ERR_BUFFER_TOO_LARGE';
  return problem('invalid', 'USER_DATA_GZIP_INVALID', {
    spot: { file },
    what: isLarge
      ? `it unpacks to more than ${formatBytes(MAX_UNPACKED_BYTES)}`
      : 'what gzip packed is damaged',
    hint: isLarge
      ? 'Let the guest fetch so much: #include, or write_files with source.'
      : 'Pack it again; gzip -t FILE checks it.',
    cause,
  });
}
