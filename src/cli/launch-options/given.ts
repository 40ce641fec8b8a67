// Which options stand on the command line, for commands whose options do not all go together.
import type { Command, Option } from 'commander';

/** By the flag that was written, of those whose value is not among `fits`. */
export function givenBesides(command: Command, fits: ReadonlySet<string>): readonly string[] {
  return command.options
    .filter((option) => isGiven(command, option) && !fits.has(option.attributeName()))
    .map(({ long, flags }) => long ?? flags);
}

/** `--x` and `--no-x` have one value between them. */
function isGiven(command: Command, option: Option): boolean {
  const name = option.attributeName();
  const isNegated = command.getOptionValue(name) === false;
  return command.getOptionValueSource(name) === 'cli' && option.negate === isNegated;
}
