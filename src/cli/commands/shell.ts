// novalet shell INSTANCE: the user's login shell, on a terminal.
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { viaOption } from '../via-option.ts';
import { type ExecOptions, exitCodeOfGuest, runJoined } from './exec.ts';

/** Becomes the shell of whom it runs as: passwd(5) names it, and the road sets it. */
const LOGIN_SCRIPT = '[ -n "$SHELL" ] || SHELL=/bin/sh; exec "$SHELL" -l';

export const shell: Define = (command, session) => {
  command
    .description(
      "Open the user's login shell inside the guest. Ends with the shell; no network and no key is needed.",
    )
    .argument('<instance>', INSTANCE)
    .option('--user <user>', 'whose shell (default: root)')
    .addOption(viaOption())
    .action(async (ref: string, options: Pick<ExecOptions, 'user' | 'via'>) => {
      const isPerson = session.streams.stdin.isTTY === true;
      const call = {
        argv: ['/bin/sh', '-c', LOGIN_SCRIPT],
        options: { ...options, stdin: true, tty: isPerson },
      };
      session.exitCode = exitCodeOfGuest(await runJoined(session, ref, call));
    });
};
