// novalet wait INSTANCE CONDITION
import { Option } from 'commander';
import type { WaitCondition } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { instanceDocument } from '../documents.ts';
import { nearest } from '../nearest.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { invalid, parseSeconds } from '../values.ts';

const NAMED = ['agent', 'ip', 'cloud-init'] as const;

/** The statuses of Nova's API that this version can show. */
const STATUSES = [
  'ACTIVE',
  'BUILD',
  'DELETED',
  'ERROR',
  'HARD_REBOOT',
  'PAUSED',
  'REBOOT',
  'REBUILD',
  'RESCUE',
  'RESIZE',
  'REVERT_RESIZE',
  'SHELVED',
  'SHELVED_OFFLOADED',
  'SHUTOFF',
  'SUSPENDED',
  'UNKNOWN',
  'VERIFY_RESIZE',
];

export const wait: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<condition>', `${NAMED.join(', ')}, or a status such as ACTIVE or SHUTOFF`)
    .addOption(new Option('--timeout <seconds>', 'how long at most (default: 300)').argParser(parseSeconds))
    .action(async (ref: string, word: string, { timeout }: { readonly timeout?: number }) => {
      const condition = parseCondition(word);
      const view = await session.act(async (compute, options) => {
        await compute.waitFor(ref, condition, { ...options, ...defined({ timeoutMs: timeout }) });
        return await compute.show(ref);
      });
      if (session.options.output !== 'table') await session.print(instanceDocument(view));
    });
};

/** A condition as it is written on the command line; `running` is the status ACTIVE. Throws `OPTION_INVALID`. */
export function parseCondition(word: string): WaitCondition {
  for (const kind of NAMED) {
    if (kind === word.toLowerCase()) return { kind };
  }
  const status = word.toUpperCase() === 'RUNNING' ? 'ACTIVE' : word.toUpperCase();
  if (STATUSES.includes(status)) return { kind: 'status', status };
  const known = [...NAMED, ...STATUSES];
  const near = nearest(word, known);
  throw invalid(
    `There is nothing to wait for by the name "${word}"`,
    near === undefined
      ? `There are ${known.join(', ')}.`
      : `Did you mean ${near}? There are ${known.join(', ')}.`,
  );
}
