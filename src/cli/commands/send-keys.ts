// novalet send-keys INSTANCE [KEY…]
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { invalid } from '../values.ts';

interface SendKeysOptions {
  readonly text?: string;
  readonly enter?: boolean;
}

export const sendKeys: Define = (command, session) => {
  command
    .description(
      "Press keys of the guest's keyboard, one after the other, as on its screen; on a US keyboard.",
    )
    .argument('<instance>', INSTANCE)
    .argument('[key...]', 'keys by name, held together with -, for example ctrl-alt-del or f2')
    .option('--text <text>', 'type a text, before the keys')
    .option('--enter', 'press Enter at the end')
    .action(async (ref: string, keys: readonly string[], { text, enter }: SendKeysOptions) => {
      const last = enter === true ? ['enter'] : [];
      const all = [...keys, ...last];
      if (text === undefined && all.length === 0)
        throw invalid('There are no keys to press', 'Name some, or give --text.');
      await session.act(async (compute, options) => {
        if (text !== undefined) await compute.consoles.sendKeys(ref, { text }, options);
        if (all.length > 0) await compute.consoles.sendKeys(ref, { keys: all }, options);
      });
    });
};
