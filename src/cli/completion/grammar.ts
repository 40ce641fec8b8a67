// The command line as data for completion scripts: every command by its path, with options and operands.
// Read from the command tree itself, so that a script never knows another command line than the parser does.
import type { Argument, Command, Option } from 'commander';

export interface Grammar {
  readonly commands: readonly CommandWords[];
}

export interface CommandWords {
  /** `''` for novalet itself, else `launch` or `image add`. */
  readonly path: string;
  readonly subcommands: readonly { readonly name: string; readonly summary: string }[];
  /** Its own options and the global ones. */
  readonly options: readonly OptionWords[];
  readonly operands: readonly Values[];
  /** The last operand may be repeated. */
  readonly isVariadic: boolean;
}

export interface OptionWords {
  /** With their dashes: `--output`, `-o`. */
  readonly names: readonly string[];
  readonly summary: string;
  /** Null when the option takes no value. */
  readonly value: Values | null;
}

/** What `novalet __complete` prints the names of. */
export const NAME_KINDS = [
  'instance',
  'image',
  'image-or-instance',
  'flavor',
  'network',
  'port',
  'template',
] as const;
export type NameKind = (typeof NAME_KINDS)[number];

/** What may stand in a place. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Names that `novalet __complete` prints. */
  | { readonly kind: 'names'; readonly of: NameKind }
  | { readonly kind: 'files' }
  | { readonly kind: 'anything' };

/** Reads the grammar of a tree whose commands are all loaded. */
export function readGrammar(root: Command): Grammar {
  const globals = optionsOf(root);
  const commands: CommandWords[] = [];
  const visit = (command: Command, path: string) => {
    const visible = visibleCommands(command);
    commands.push({
      path,
      subcommands: visible.map((child) => ({ name: child.name(), summary: child.description() })),
      options: command === root ? globals : [...optionsOf(command), ...globals.filter(isNotVersion)],
      operands: command.registeredArguments.map(operandValues),
      isVariadic: command.registeredArguments.at(-1)?.variadic ?? false,
    });
    for (const child of visible) visit(child, path === '' ? child.name() : `${path} ${child.name()}`);
  };
  visit(root, '');
  return { commands };
}

function visibleCommands(command: Command): Command[] {
  const help = command.createHelp();
  return help.visibleCommands(command).filter((child) => child.name() !== 'help');
}

function optionsOf(command: Command): OptionWords[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
      summary: option.description,
      value: option.required || option.optional ? optionValues(option) : null,
    }));
}

function isNotVersion(option: OptionWords): boolean {
  return !option.names.includes('--version') && !option.names.includes('--help');
}

function optionValues(option: Option): Values {
  if (option.argChoices !== undefined) return { kind: 'words', words: option.argChoices };
  return valuesByName(/<([\w-]+)>/.exec(option.flags)?.[1] ?? '');
}

function operandValues(argument: Argument): Values {
  if (argument.argChoices !== undefined) return { kind: 'words', words: argument.argChoices };
  return valuesByName(argument.name());
}

function valuesByName(name: string): Values {
  const names = NAME_KINDS.find((kind) => kind === name);
  if (names !== undefined) return { kind: 'names', of: names };
  switch (name) {
    case 'image-or-name':
      return { kind: 'names', of: 'image' };
    case 'file':
      return { kind: 'files' };
    case 'condition':
      return { kind: 'words', words: ['agent', 'ip', 'cloud-init', 'ACTIVE', 'SHUTOFF', 'ERROR'] };
    case 'recipe':
      return { kind: 'words', words: ['debian', 'minimal'] };
    default:
      return { kind: 'anything' };
  }
}
