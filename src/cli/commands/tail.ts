// novalet tail NAME:PATH
import { Option } from 'commander';
import type { Define } from '../registry.ts';
import { quantity, wholeNumber } from '../values.ts';
import { viaOption } from '../via-option.ts';
import { guestOperand } from './guest-operand.ts';
import { outlet } from './guest-output.ts';
import { type ViaOption, withFiles } from './with-files.ts';

interface TailOptions extends ViaOption {
  readonly follow?: boolean;
  readonly lines: number;
  readonly bytes?: number;
  readonly user?: string;
}

export const tail: Define = (command, session) => {
  command
    .description('Print the end of a file of a guest.')
    .argument('<name:path>', 'file in the guest')
    .option('-f, --follow', 'go on with what is added, also to a new file of that name, until interrupted')
    .addOption(
      new Option('-n, --lines <number>', 'how many lines').argParser(wholeNumber('--lines', 0)).default(10),
    )
    .addOption(
      new Option('-c, --bytes <size>', 'how many bytes, instead of lines').argParser(quantity('--bytes', 1)),
    )
    .option('--user <user>', 'whom it is read as (default: root)')
    .addOption(viaOption())
    .action(async (operand: string, options: TailOptions) => {
      const { instance, path } = guestOperand(operand);
      await withFiles(session, { instance, how: options }, async (files, { signal }) => {
        const write = outlet(session);
        for await (const piece of files.tail(path, { ...options, signal })) await write(piece);
      });
    });
};
