// commander as this house uses it: every mistake on a command line becomes a Fault, and what a person typed by
// mistake (it may be a password) is not said back to them.
import { Command } from 'commander';
import { Fault } from '../base/index.ts';

/** A command whose errors are `USAGE` faults; its subcommands are of the same class. */
export class CliCommand extends Command {
  override createCommand(name?: string): CliCommand {
    return new CliCommand(name);
  }

  override error(message: string, options?: { readonly code?: string }): never {
    throw usageFault(this, message, options?.code);
  }
}

/** `novalet image add`. */
export function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}

function usageFault(command: Command, message: string, code: string | undefined): Fault {
  const path = commandPath(command);
  const [sentence = '', suggestion] = message.split('\n');
  const help = `${path} --help lists what there is.`;
  return new Fault('invalid', 'USAGE', usageSentence(path, sentence, code), {
    hint: suggestion === undefined ? help : `${suggestion.replace(/^\(|\)$/g, '')} ${help}`,
  });
}

function usageSentence(path: string, sentence: string, code: string | undefined): string {
  const plain = sentence.replace(/^error: /, '');
  switch (code) {
    case 'commander.excessArguments':
      return `Too many arguments for ${path}`;
    case 'commander.unknownOption':
      return `${path}: ${plain.replace(/=.*'$/s, "'")}`;
    default:
      return `${path}: ${plain}`;
  }
}
