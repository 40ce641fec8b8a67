// The command tree: global options, stubs for every command, and the one command that is wanted in full.
import { Option } from 'commander';
import { CliCommand } from './command-tree.ts';
import type { Interrupt } from './interrupt.ts';
import { OUTPUT_FORMATS } from './output.ts';
import { COMMANDS, HOST } from './registry.ts';
import { Session, type Streams } from './session.ts';
import { versionText } from './version-text.ts';

const EXIT_CODES_HELP = `
Exit status: 0 done, 1 doctor found a problem, 2 invalid usage or input, 3 not found, 4 conflict, 5 denied,
6 exhausted, 7 unsupported, 8 refused, 9 unavailable, 10 corrupt data, 70 a defect of novalet, 124 timeout,
130 and 143 interrupted. exec: the guest's own; 124 timeout, 125 novalet failed, 126 and 127 as shells do,
128+N on a signal.`;

export interface Program {
  readonly root: CliCommand;
  readonly session: Session;
}

/** Builds the tree with the commands in `wanted` loaded in full; `all` loads every one. */
export async function buildProgram(
  streams: Streams,
  interrupt: Interrupt,
  wanted: readonly string[] | 'all',
): Promise<Program> {
  const root = new CliCommand('novalet');
  root
    .description('A nova-compute for this KVM host: guests from flavors and images, and a way into them.')
    .version(`novalet ${versionText()}`, '--version', 'print the version')
    .option('--connect <uri>', "libvirt's connection URI")
    .option('--config <file>', 'configuration file')
    .addOption(
      new Option('-o, --output <format>', 'form of the output').choices(OUTPUT_FORMATS).default('table'),
    )
    .option('-q, --quiet', 'no progress and no notes')
    .option('--debug', 'show the causes of an error')
    .helpOption('-h, --help', 'show help')
    .commandsGroup(HOST) // of the help command
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
    })
    .addHelpText('after', EXIT_CODES_HELP)
    .showSuggestionAfterError(false) // command-tree.ts says it
    .exitOverride();
  const session = new Session(root, streams, interrupt);
  for (const entry of COMMANDS) {
    const command = root.command(entry.name, { hidden: entry.hidden ?? false });
    command.summary(entry.summary).description(entry.summary).helpGroup(entry.group);
    if (wanted !== 'all' && !wanted.includes(entry.name)) continue;
    const define = await entry.load();
    define(command, session);
  }
  return { root, session };
}

const VALUE_OPTIONS: ReadonlySet<string> = new Set(['--connect', '--config', '-o', '--output']);

/** The command that the arguments call, as far as it can be seen before they are parsed; `help X` means X. */
export function calledCommand(argv: readonly string[]): string | undefined {
  const words = argv.filter(
    (word, index) => !word.startsWith('-') && !VALUE_OPTIONS.has(argv[index - 1] ?? ''),
  );
  return words[0] === 'help' ? words[1] : words[0];
}
