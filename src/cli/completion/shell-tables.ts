// The grammar as shell functions that bash and zsh read alike: `case` tables over the command's path.
import type { CommandWords, Grammar, Values } from './grammar.ts';

/** A word as a shell reads it literally. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Functions that set `_novalet_reply`: `_novalet_commands PATH` and `_novalet_options PATH` to an array of
 * `name:summary`; `_novalet_value PATH OPTION` and `_novalet_operand PATH INDEX` to one description of values:
 * `words A B`, `names KIND`, `files` or `anything`, or to nothing.
 */
export function shellTables(grammar: Grammar): string {
  return [
    caseFunction('_novalet_commands', '$1', grammar.commands.map(commandsCase)),
    caseFunction('_novalet_options', '$1', grammar.commands.map(optionsCase)),
    caseFunction('_novalet_value', '$1|$2', grammar.commands.flatMap(valueCases)),
    caseFunction('_novalet_operand', '$1|$2', grammar.commands.flatMap(operandCases)),
  ].join('\n');
}

function caseFunction(name: string, subject: string, cases: readonly (string | undefined)[]): string {
  const lines = cases.filter((line) => line !== undefined).map((line) => `    ${line} ;;`);
  return [`${name}() {`, '  _novalet_reply=()', `  case "${subject}" in`, ...lines, '  esac', '}', ''].join(
    '\n',
  );
}

function commandsCase(command: CommandWords): string | undefined {
  if (command.subcommands.length === 0) return undefined;
  return setReply(
    quote(command.path),
    command.subcommands.map(({ name, summary }) => `${name}:${summary}`),
  );
}

function optionsCase(command: CommandWords): string {
  return setReply(
    quote(command.path),
    command.options.flatMap(({ names, summary }) => names.map((name) => `${name}:${summary}`)),
  );
}

function valueCases(command: CommandWords): (string | undefined)[] {
  return command.options.map(({ names, value }) =>
    value === null
      ? undefined
      : setReply(names.map((name) => quote(`${command.path}|${name}`)).join('|'), describe(value)),
  );
}

function operandCases(command: CommandWords): string[] {
  const last = command.operands.length - 1;
  return command.operands.map((values, index) => {
    const place = quote(`${command.path}|${index}`);
    const pattern = index === last && command.isVariadic ? `${quote(`${command.path}|`)}[0-9]*` : place;
    return setReply(pattern, describe(values));
  });
}

function setReply(pattern: string, words: readonly string[]): string {
  return `${pattern}) _novalet_reply=(${words.map(quote).join(' ')})`;
}

function describe(values: Values): string[] {
  switch (values.kind) {
    case 'words':
      return ['words', ...values.words];
    case 'names':
      return ['names', values.of];
    default:
      return [values.kind];
  }
}
