// --max-vcpus and --max-memory: how far an instance may grow while it runs.
import { type Command, Option } from 'commander';
import { MIB } from '../../base/index.ts';
import type { LaunchRequest } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { quantity, wholeNumber } from '../values.ts';

export interface MaximaOptions {
  readonly maxVcpus?: number;
  readonly maxMemory?: number;
}

export function addMaximaOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--max-vcpus <count>',
        "how many vCPUs it may have while it runs (default: the flavor's)",
      ).argParser(wholeNumber('--max-vcpus', 1)),
    )
    .addOption(
      new Option('--max-memory <size>', "how much memory, in MiB or as 4G (default: the flavor's)").argParser(
        quantity('--max-memory', MIB),
      ),
    );
}

export function readMaximaOptions({
  maxVcpus,
  maxMemory,
}: MaximaOptions): Pick<LaunchRequest, 'maxVcpus' | 'maxMemoryMiB'> {
  return defined({ maxVcpus, maxMemoryMiB: maxMemory });
}
