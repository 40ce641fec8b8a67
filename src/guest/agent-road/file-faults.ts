// What the file scripts' exit statuses mean to who asked.
import { Fault } from '../../base/index.ts';
import { shortened } from '../../qapi/index.ts';
import type { Agent } from '../agent.ts';
import type { ExecResult } from '../exec-result.ts';
import { diskFull, type Jobs } from '../jobs/index.ts';
import { ROOM_SCRIPT } from './file-scripts.ts';

const MAX_PATH_BYTES = 4095;

/** One file of the guest, and whom it is handled as; root where nobody is named. */
export interface FileSubject {
  readonly agent: Agent;
  readonly jobs: Jobs;
  readonly path: string;
  readonly user: string | undefined;
}

/** Throws `GUEST_PATH_INVALID`, `GUEST_OFFSET_INVALID`. */
export function checkFile(path: string, offset: number): void {
  if (!path.startsWith('/') || path.includes('\0') || Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new Fault(
      'invalid',
      'GUEST_PATH_INVALID',
      'The path in the guest is not absolute, longer than 4095 bytes, or holds a NUL character',
      { hint: 'Give a path, such as /etc/hostname.' },
    );
  }
  if (Number.isSafeInteger(offset) && offset >= 0) return;
  throw new Fault('invalid', 'GUEST_OFFSET_INVALID', `${offset} is no place in a file`, {
    hint: 'Correct the call; nothing was sent to the guest.',
  });
}

/** Runs a script about the file as its user. Throws by the script's exit status. */
export async function ask(
  subject: FileSubject,
  script: string,
  words: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const { agent, path, user } = subject;
  const argv = ['/bin/sh', '-c', script, 'novalet-file', path, ...words];
  const result = await agent.exec(argv, { user: userOf(user), signal });
  if (result.exitCode !== 0) throw statusFault(subject, result);
  return result.stdout.toString('latin1').trim();
}

/** Root is whom the agent runs as; it needs no change of users. */
export function userOf(user: string | undefined): string | undefined {
  return user === 'root' || user === '0' ? undefined : user;
}

/** Why a write failed, by looking whether there is room. */
export async function writeFault(subject: FileSubject, cause: unknown): Promise<Fault> {
  const { agent, path } = subject;
  const argv = ['/bin/sh', '-c', ROOM_SCRIPT, 'novalet-file', path];
  const { exitCode } = await agent.exec(argv, {});
  if (exitCode === 6) return diskFull(agent.peer, `for ${shortened(path)}`, cause);
  return new Fault('refused', 'GUEST_FILE_REFUSED', `The guest could not write ${shortened(path)}`, {
    cause,
    outcome: 'unknown',
    hint: 'Look at the disk and its quotas in the guest.',
  });
}

function statusFault({ agent, path }: FileSubject, result: Pick<ExecResult, 'exitCode'>): Fault {
  const named = shortened(path);
  switch (result.exitCode) {
    case 3:
      return new Fault('not-found', 'GUEST_FILE_NOT_FOUND', `The guest has no ${named}`, {
        hint: 'Look at the spelling, and whether the directory exists.',
      });
    case 4:
      return new Fault('denied', 'GUEST_FILE_DENIED', `The guest's user may not open ${named}`, {
        hint: 'Look at the permissions of the file and its directories, or name another user.',
      });
    case 6:
      return diskFull(agent.peer, `for ${named}`);
    case 7:
      return new Fault('conflict', 'GUEST_FILE_EXISTS', `The guest has ${named} already`, {
        hint: 'Name another file, or have it overwritten.',
      });
    case 8:
      return new Fault(
        'unsupported',
        'GUEST_FILE_NO_DIGEST',
        'The guest has no sha256sum and head to verify with',
        {
          hint: 'Install coreutils or busybox in the guest.',
        },
      );
    default:
      return new Fault('refused', 'GUEST_FILE_REFUSED', `The guest could not open ${named}`, {
        hint: 'Only regular files can be opened; look at the path and its disk in the guest.',
        details: { status: result.exitCode ?? -1 },
      });
  }
}
