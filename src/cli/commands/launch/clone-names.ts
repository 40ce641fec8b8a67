// What the instances of one launch from a template are called.
import { invalid } from '../../values.ts';

/** Each is a process of QEMU's, and a launch that waits for its turn. */
const MOST = 1000;

export interface CloneNaming {
  readonly name?: string;
  readonly count?: number;
}

/** One name for each instance; undefined is one that the engine makes up. Throws `OPTION_INVALID`. */
export function cloneNames(
  operands: readonly string[],
  { name, count }: CloneNaming,
): readonly (string | undefined)[] {
  if (name !== undefined && operands.length > 0)
    throw invalid('Names are given with --name and without', 'Give them in one of the two ways.');
  const names = name === undefined ? operands : [name];
  const twice = names.find((one, at) => names.indexOf(one) !== at);
  if (twice !== undefined) throw invalid(`${twice} is given twice`, 'Each instance has a name of its own.');
  if (count === undefined) return names.length === 0 ? [undefined] : names;
  if (names.length > 1)
    throw invalid('--count numbers one name, and several are given', 'Leave --count out, or give one name.');
  if (count > MOST) throw invalid(`--count is more than ${MOST}`, 'Launch them in several goes.');
  const [base] = names;
  return Array.from({ length: count }, (_, at) => (base === undefined ? undefined : `${base}-${at + 1}`));
}
