// novalet resize INSTANCE [FLAVOR]
import { Option } from 'commander';
import type { Compute, ResizeOptions } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { actOnEach } from '../each.ts';
import { INSTANCE } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';
import { invalid, parseSeconds } from '../values.ts';

interface Options {
  readonly confirm?: boolean;
  readonly revert?: boolean;
  readonly timeout?: number;
}

type Act = (compute: Compute, ref: string, options: ResizeOptions) => Promise<void>;

export const resize: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('[flavor]', 'name of the flavor that it is to have')
    .addOption(new Option('--confirm', 'keep the new size, and remove the way back').conflicts('revert'))
    .option('--revert', 'go back to the flavor and the disks from before')
    .addOption(
      new Option(
        '--timeout <seconds>',
        'how long the guest may take to shut down before the plug is pulled (default: 60)',
      ).argParser(parseSeconds),
    )
    .action(async (ref: string, flavor: string | undefined, options: Options) => {
      const { done, act } = chosenAct(flavor, options);
      const wanted = defined({ timeoutMs: options.timeout });
      await actOnEach(session, [ref], done, async (compute, each, acting) => {
        await act(compute, each, { ...acting, ...wanted });
        return instanceRecord(await compute.show(each));
      });
    });
};

function chosenAct(
  flavor: string | undefined,
  { confirm, revert }: Options,
): { readonly done: string; readonly act: Act } {
  if (confirm === true || revert === true) {
    if (flavor !== undefined)
      throw invalid(`${confirm === true ? '--confirm' : '--revert'} takes no flavor`, `Leave ${flavor} out.`);
    return confirm === true
      ? { done: 'Confirmed the size of', act: (compute, ref, options) => compute.confirmResize(ref, options) }
      : { done: 'Reverted', act: (compute, ref, options) => compute.revertResize(ref, options) };
  }
  if (flavor === undefined)
    throw invalid('A flavor is missing, or --confirm or --revert', 'novalet flavor list shows the flavors.');
  return { done: 'Resized', act: (compute, ref, options) => compute.resize(ref, { flavor }, options) };
}
