// novalet cat NAME:PATH…
import type { Define } from '../registry.ts';
import { viaOption } from '../via-option.ts';
import { expanded } from './cp.ts';
import { guestOperands } from './guest-operand.ts';
import { outlet } from './guest-output.ts';
import { type ViaOption, withFiles } from './with-files.ts';

export const cat: Define = (command, session) => {
  command
    .description(
      "Print files of a guest. On a terminal, only what is printable; to a file or a pipe, the file's bytes.",
    )
    .argument('<name:path...>', 'files in the guest')
    .option('--user <user>', 'whom they are read as (default: root)')
    .addOption(viaOption())
    .action(async (operands: readonly string[], options: { readonly user?: string } & ViaOption) => {
      const { user } = options;
      const { instance, paths } = guestOperands(operands);
      await withFiles(session, { instance, how: options }, async (files, { signal }) => {
        const write = outlet(session);
        for (const path of await expanded(files, paths, { user, signal })) {
          for await (const piece of files.read(path, { user, signal })) await write(piece);
        }
      });
    });
};
