// The whole command tree, as the parser has it.
import type { CliCommand } from '../../../src/cli/command-tree.ts';
import { Interrupt } from '../../../src/cli/interrupt.ts';
import { buildProgram } from '../../../src/cli/program.ts';

/** novalet with every command loaded in full. */
export async function commandTree(): Promise<CliCommand> {
  const { stdin, stdout, stderr } = process;
  using interrupt = new Interrupt(() => undefined);
  const { root } = await buildProgram({ stdin, stdout, stderr }, interrupt, 'all');
  return root;
}
