// novalet completion SHELL
import { Argument } from 'commander';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { readGrammar } from '../completion/grammar.ts';
import { zshScript } from '../completion/zsh.ts';
import { buildProgram } from '../program.ts';
import type { Define } from '../registry.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export const completion: Define = (command, session) => {
  command
    .description('Print a completion script for a shell; its first lines say how to load it.')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .action(async (shell: keyof typeof SCRIPTS) => {
      const { root } = await buildProgram(session.streams, session.interrupt, 'all');
      await session.write(SCRIPTS[shell](readGrammar(root)));
    });
};
