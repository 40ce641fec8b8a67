// Why a job could not be started, found, or followed to its end.
import { Fault } from '../../base/index.ts';
import { scriptFault } from '../exec-faults.ts';
import type { SpawnRequest } from '../road.ts';

/** For the word that the job program said when it could not start a command. */
export function startFault(peer: string, word: string, request: SpawnRequest): Fault {
  const { argv, user = '', cwd = '~' } = request;
  switch (word) {
    case 'no-terminal':
      return new Fault(
        'unsupported',
        'TERMINAL_UNSUPPORTED',
        `${peer} finds no program to make a terminal with`,
        {
          hint: 'Install util-linux (script) or python3 in the guest, use a lane, or run the command without a terminal.',
        },
      );
    case 'no-tool':
      return new Fault('unsupported', 'JOB_NO_TOOL', `The guest has not all programs that a job needs`, {
        hint: 'Install coreutils and util-linux, or busybox, in the guest: mkfifo, dd, setsid, env, rm, cat, sleep.',
      });
    case 'full':
      return diskFull(peer, 'for the job');
    case 'no-place':
      return noPlace(peer);
    case 'no-user-tool':
      return scriptFault('no-tool', { command: argv[0] ?? '', user, cwd, peer });
    default:
      return scriptFault(word, { command: argv[0] ?? '', user, cwd, peer });
  }
}

export function noPlace(peer: string): Fault {
  return new Fault('exhausted', 'JOB_NO_PLACE', `${peer} found no place for jobs in the guest`, {
    hint: "One of /run, /dev/shm and /tmp of the guest must be writable, and its folder novalet must be the agent's own.",
  });
}

export function diskFull(peer: string, what: string, cause?: unknown): Fault {
  return new Fault('exhausted', 'GUEST_DISK_FULL', `There is no space left ${what} in the guest (${peer})`, {
    cause,
    outcome: 'unknown',
    hint: 'Look with df in the guest, and make room.',
  });
}

export function jobNotFound(peer: string, id: string): Fault {
  return new Fault('not-found', 'JOB_NOT_FOUND', `${peer} knows no job ${id}`, {
    hint: 'It was removed, or the guest rebooted since: a reboot loses jobs and their output. novalet jobs lists those that are left.',
  });
}

export function jobIdInvalid(id: string): Fault {
  return new Fault('invalid', 'JOB_ID_INVALID', `"${id}" cannot be the id of a job`, {
    hint: 'An id has 8 digits from 0 to 9 and a to f; novalet jobs shows them.',
  });
}

export function rebooted(peer: string): Fault {
  return new Fault('unavailable', 'GUEST_REBOOTED', `The guest rebooted in the middle (${peer})`, {
    outcome: 'unknown',
    hint: 'What ran in it is gone. Look in the guest what was done.',
  });
}

export function stopped(peer: string, cause: unknown): Fault {
  return new Fault('unavailable', 'GUEST_STOPPED', `The guest stopped in the middle (${peer})`, {
    cause,
    outcome: 'unknown',
    hint: 'What ran in it is gone. Start it again, and look what was done.',
  });
}

/** The job's records are gone although the guest did not reboot. */
export function jobLost(peer: string, id: string, cause?: unknown): Fault {
  return new Fault('unavailable', 'JOB_LOST', `The job ${id} is gone from the guest (${peer})`, {
    cause,
    outcome: 'unknown',
    hint: 'Somebody removed it or killed what carries its streams, or it was ended because novalet stood still for 3 minutes. Look in the guest what was done.',
  });
}

export function ended(peer: string, id: string): Fault {
  return new Fault('conflict', 'JOB_ENDED', `The job ${id} has ended (${peer})`, {
    hint: 'Only a job that runs takes signals and input.',
  });
}

export function programFailed(peer: string, said: string): Fault {
  return new Fault(
    'internal',
    'JOB_PROGRAM_FAILED',
    `The job program in the guest said nothing that is understood (${peer}): ${said}`,
  );
}
