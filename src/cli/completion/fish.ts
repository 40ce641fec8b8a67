// The completion script for fish 3 and later.
import type { CommandWords, Grammar, OptionWords, Values } from './grammar.ts';

export function fishScript(grammar: Grammar): string {
  const takers = grammar.commands.flatMap(({ options }) =>
    options.filter(({ value }) => value !== null).flatMap(({ names }) => names),
  );
  const parents = grammar.commands.filter(({ subcommands }) => subcommands.length > 0);
  return `# fish completion of novalet. Load it with: novalet completion fish | source

# Prints where the cursor stands: the command's path, a bar, and how many operands are behind.
function __novalet_place
    set -l path ''
    set -l operands 0
    set -l takes no
    for word in (commandline -opc)[2..]
        if test $takes = yes
            set takes no
        else if test "x$word" = x--
            echo 'after --'
            return
        else if contains -- $word ${[...new Set(takers)].map(quoteFish).join(' ')}
            set takes yes
        else if string match -q -- '-*' $word
            continue
        else if contains -- "$path" ${parents.map(({ path }) => quoteFish(path)).join(' ')}
            set path (string trim -- "$path $word")
        else
            set operands (math $operands + 1)
        end
    end
    echo "$path|$operands"
end

function __novalet_in
    string match -q -- "$argv[1]|*" (__novalet_place)
end

function __novalet_at
    set -l place (__novalet_place)
    if test (count $argv) -eq 2
        string match -q -- "$argv[1]|*" $place
    else
        test "x$place" = "x$argv[1]"
    end
end

complete -c novalet -f
${grammar.commands.flatMap(commandLines).join('\n')}
`;
}

function commandLines(command: CommandWords): string[] {
  const inside = `-n ${quoteFish(`__novalet_in ${quoteFish(command.path)}`)}`;
  return [
    ...command.subcommands.map(
      ({ name, summary }) => `complete -c novalet ${inside} -a ${quoteFish(name)} -d ${quoteFish(summary)}`,
    ),
    ...command.options.map((option) => `complete -c novalet ${inside} ${optionWords(option)}`),
    ...command.operands.flatMap((values, index) => operandLine(command, values, index)),
  ];
}

function optionWords({ names, summary, value }: OptionWords): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [
    ...flags,
    ...(value === null ? [] : [value.kind === 'files' ? '-r' : '-x', ...candidates(value)]),
    '-d',
    quoteFish(summary),
  ].join(' ');
}

function operandLine(command: CommandWords, values: Values, index: number): string[] {
  const words = candidates(values);
  if (words.length === 0) return [];
  const repeats = command.isVariadic && index === command.operands.length - 1;
  const place = repeats ? `${quoteFish(command.path)} any` : quoteFish(`${command.path}|${index}`);
  return [`complete -c novalet -n ${quoteFish(`__novalet_at ${place}`)} ${words.join(' ')}`];
}

function candidates(values: Values): string[] {
  switch (values.kind) {
    case 'words':
      return ['-a', quoteFish(values.words.join(' '))];
    case 'names':
      return ['-a', quoteFish(`(command novalet __complete ${values.of} 2>/dev/null)`)];
    case 'files':
      return ['-F'];
    case 'anything':
      return [];
    default:
      return values satisfies never;
  }
}

/** A word as fish reads it literally: inside single quotes only the quote and the backslash are escaped. */
function quoteFish(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
