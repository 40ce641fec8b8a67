// commander as this house uses it: every mistake on a command line becomes a Fault, and what a person typed by
// mistake (it may be a password) is not said back to them.
import { Command } from 'commander';
import { Fault } from '../base/index.ts';
import { nearest } from './nearest.ts';

/** A command whose errors are `USAGE` faults; its subcommands are of the same class. */
export class CliCommand extends Command {
  /** What to say, besides the nearest word, when an option is unknown. */
  unknownOptionHint: string | undefined;

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

function usageFault(command: CliCommand, message: string, code: string | undefined): Fault {
  const path = commandPath(command);
  const help = `${path} --help lists what there is.`;
  const { sentence, known = [], typed = '', hint } = mistake(command, message, code);
  const near = nearest(typed, known);
  const words = [near === undefined ? undefined : `Did you mean ${near}?`, hint, help];
  return new Fault('invalid', 'USAGE', sentence, {
    hint: words.filter((word) => word !== undefined).join(' '),
  });
}

interface Mistake {
  readonly sentence: string;
  readonly typed?: string;
  readonly known?: readonly string[];
  readonly hint?: string | undefined;
}

function mistake(command: CliCommand, message: string, code: string | undefined): Mistake {
  const path = commandPath(command);
  const plain = message.replace(/^error: /, '');
  const typed = /'([^'=]*)/.exec(plain)?.[1] ?? '';
  switch (code) {
    case 'commander.excessArguments':
      return { sentence: `Too many arguments for ${path}` };
    case 'commander.unknownOption':
      return {
        sentence: `${path} has no option ${typed}`,
        typed,
        known: optionNames(command),
        hint: command.unknownOptionHint,
      };
    case 'commander.unknownCommand':
      return { sentence: `${path} has no command ${typed}`, typed, known: commandNames(command) };
    default:
      return { sentence: `${plain.charAt(0).toUpperCase()}${plain.slice(1)}` };
  }
}

function optionNames(command: Command): string[] {
  const own = command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long }) => (long === undefined || long === null ? [] : [long]));
  return command.parent === null ? own : [...own, ...optionNames(command.parent)];
}

function commandNames(command: Command): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => child.name());
}
