// novalet freeze INSTANCE
import { Option } from 'commander';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { collect, parseSeconds } from '../values.ts';

const DEADLINE_MS = 60_000;

interface FreezeOptions {
  /** False for --no-deadline. */
  readonly deadline: number | false;
  readonly mountpoint?: readonly string[];
}

export const freeze: Define = (command, session) => {
  command
    .description("Freeze the guest's filesystems, for a snapshot: what is written waits until the thaw.")
    .argument('<instance>', INSTANCE)
    .addOption(
      new Option('--deadline <seconds>', 'after so long the guest thaws by itself')
        .argParser(parseSeconds)
        .default(DEADLINE_MS, '60'),
    )
    .addOption(new Option('--no-deadline', 'only a thaw ends it'))
    .option('--mountpoint <path>', 'freeze this one only; may be given several times', collect)
    .action(async (ref: string, { deadline, mountpoint }: FreezeOptions) => {
      const request = {
        deadlineMs: deadline === false ? null : deadline,
        ...(mountpoint === undefined ? {} : { mountpoints: mountpoint }),
      };
      const { filesystems } = await session.act((compute, options) =>
        compute.guests.freeze(ref, request, options),
      );
      await session.note(
        `${filesystems} filesystems of ${ref} are frozen${deadline === false ? '' : ` for ${deadline / 1000} s at most`}; novalet thaw ${ref}`,
      );
      if (session.options.output !== 'table') {
        const deadline_s = deadline === false ? null : deadline / 1000;
        await session.print({ data: { instance: ref, filesystems, deadline_s }, text: () => '' });
      }
    });
};
