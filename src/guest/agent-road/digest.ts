// The digest that the guest makes of a part of a file.
import { Fault } from '../../base/index.ts';
import type { Digest } from '../road.ts';
import { ask, type FileSubject } from './file-faults.ts';
import { DIGEST_SCRIPT } from './file-scripts.ts';

export interface DigestRange {
  readonly offset: number;
  readonly bytes: number;
}

/** Of a range as the guest reads it now. Throws `GUEST_FILE_NO_DIGEST`. */
export async function digestOf(
  subject: FileSubject,
  range: DigestRange,
  signal?: AbortSignal,
): Promise<Digest> {
  return decode(
    await ask(subject, DIGEST_SCRIPT, [String(range.offset), 'read', String(range.bytes)], signal),
  );
}

/** Waits until what was written is on the guest's disk; with the digest where it is wanted. */
export async function settle(
  subject: FileSubject,
  range: DigestRange,
  withDigest: boolean,
): Promise<Digest | undefined> {
  const count = withDigest ? String(range.bytes) : '';
  const text = await ask(subject, DIGEST_SCRIPT, [String(range.offset), 'written', count]);
  return withDigest ? decode(text) : undefined;
}

function decode(text: string): Digest {
  const hex = /^([0-9a-f]{64})\b/.exec(text)?.[1];
  if (hex !== undefined) return { algorithm: 'sha256', hex };
  throw new Fault(
    'corrupt',
    'GUEST_FILE_ANSWER_INVALID',
    'The guest answered with something that is no digest',
    {
      hint: 'Look what sha256sum is in the guest.',
    },
  );
}
