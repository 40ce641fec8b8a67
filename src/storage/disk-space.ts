// Is there room, and was it room that ran out? Decided by statfs and errno, never by what a program printed.
import { statfs } from 'node:fs/promises';
import { errnoCode, Fault, formatBytes, isFault, MIB } from '../base/index.ts';

/** A program that failed with less than this left is taken to have failed for lack of room. */
const NOTHING_LEFT = 4 * MIB;

/** Bytes that an unprivileged process may still write on the filesystem that holds `path`. */
export async function freeBytes(path: string): Promise<number> {
  const facts = await statfs(path);
  return facts.bavail * facts.bsize;
}

/** Throws `DISK_SPACE_EXHAUSTED` when the filesystem of `directory` has less than `needBytes` left. `what` needs them. */
export async function requireSpace(directory: string, needBytes: number, what: string): Promise<void> {
  const free = await freeBytes(directory);
  if (free < needBytes) throw spaceFault(directory, what, { needBytes, freeBytes: free });
}

/** What to throw for a failed write to `directory`: `DISK_SPACE_EXHAUSTED` where room ran out, else the error itself. */
export async function explainWriteFailure(error: unknown, directory: string, what: string): Promise<unknown> {
  const code = errnoCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return spaceFault(directory, what, {}, error);
  if (isFault(error, 'PROGRAM_FAILED') && (await freeBytes(directory)) < NOTHING_LEFT) {
    return spaceFault(directory, what, {}, error);
  }
  return error;
}

export function spaceFault(
  directory: string,
  what: string,
  facts: { readonly needBytes?: number; readonly freeBytes?: number },
  cause?: unknown,
): Fault {
  const need = facts.needBytes === undefined ? '' : `: it needs ${formatBytes(facts.needBytes)}`;
  const free = facts.freeBytes === undefined ? '' : `, and ${formatBytes(facts.freeBytes)} are free`;
  return new Fault(
    'exhausted',
    'DISK_SPACE_EXHAUSTED',
    `No space left in ${directory} for ${what}${need}${free}`,
    {
      cause,
      details: { directory, ...facts },
      hint: 'Remove images or instances that are no longer needed, or move the state directory to a larger disk.',
    },
  );
}
