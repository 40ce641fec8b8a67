// novalet rm NAME:PATH…
import type { Define } from '../registry.ts';
import { viaOption } from '../via-option.ts';
import { expanded } from './cp.ts';
import { guestOperands } from './guest-operand.ts';
import { type ViaOption, withFiles } from './with-files.ts';

interface RmOptions extends ViaOption {
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly user?: string;
}

export const rm: Define = (command, session) => {
  command
    .description('Remove files of a guest. Does not ask; never removes its root.')
    .argument('<name:path...>', 'files in the guest; patterns are expanded there')
    .option('-r, --recursive', 'remove directories with all that is in them')
    .option('-f, --force', 'what is not there is no failure')
    .option('--user <user>', 'whom it is done as (default: root)')
    .addOption(viaOption())
    .action(async (operands: readonly string[], options: RmOptions) => {
      const { recursive = false, force = false, user } = options;
      const { instance, paths } = guestOperands(operands);
      await withFiles(session, { instance, how: options }, async (files, { signal }) => {
        for (const path of await expanded(files, paths, { user, signal })) {
          await files.remove(path, { recursive, force, user, signal });
        }
      });
    });
};
