// novalet mkdir NAME:PATH…
import { Option } from 'commander';
import { defined } from '../defined.ts';
import type { Define } from '../registry.ts';
import { viaOption } from '../via-option.ts';
import { guestOperands, parseMode } from './guest-operand.ts';
import { type ViaOption, withFiles } from './with-files.ts';

interface MkdirOptions extends ViaOption {
  readonly parents?: boolean;
  readonly mode?: number;
  readonly user?: string;
}

export const mkdir: Define = (command, session) => {
  command
    .description('Make directories in a guest.')
    .argument('<name:path...>', 'directories in the guest')
    .option('-p, --parents', 'make those above it too; one that is there is no failure')
    .addOption(new Option('-m, --mode <mode>', 'its permissions').argParser(parseMode))
    .option('--user <user>', 'whom it is done as (default: root)')
    .addOption(viaOption())
    .action(async (operands: readonly string[], options: MkdirOptions) => {
      const { instance, paths } = guestOperands(operands);
      await withFiles(session, { instance, how: options }, async (files, { signal }) => {
        for (const path of paths) await files.makeDirectory(path, defined({ ...options, signal }));
      });
    });
};
