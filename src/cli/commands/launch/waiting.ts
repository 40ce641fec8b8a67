// --wait and --timeout: what a launch waits for.
import { type Command, Option } from 'commander';
import type { ActOptions, Compute } from '../../../compute/index.ts';
import { defined } from '../../defined.ts';
import { parseSeconds } from '../../values.ts';
import { parseCondition } from '../wait.ts';

export interface LaunchWaitOptions {
  readonly wait: 'running' | 'agent' | 'ip' | 'cloud-init';
  readonly timeout?: number;
}

export function addLaunchWaitOptions(command: Command): void {
  command
    .addOption(
      new Option('--wait <condition>', 'what to wait for')
        .choices(['running', 'agent', 'ip', 'cloud-init'])
        .default('running'),
    )
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait at most (default: 300)').argParser(parseSeconds),
    );
}

/** Of an instance that was launched: it runs already. Throws as `Compute.waitFor`. */
export async function waitAfterLaunch(
  compute: Compute,
  id: string,
  { wait, timeout }: LaunchWaitOptions,
  act: ActOptions,
): Promise<void> {
  if (wait === 'running') return;
  await compute.waitFor(id, parseCondition(wait), { ...act, ...defined({ timeoutMs: timeout }) });
}
