// The options that say which road a password or a key takes into a guest.
import { Option } from 'commander';
import type { CredentialRoad } from '../compute/index.ts';
import type { CliCommand } from './command-tree.ts';

export interface RoadOptions {
  readonly offline?: boolean;
  readonly auto?: boolean;
}

export function addRoadOptions(command: CliCommand): CliCommand {
  return command
    .addOption(
      new Option('--offline', 'write to the disk of an instance that is off (libguestfs)').conflicts('auto'),
    )
    .option('--auto', 'by the agent while the instance runs, on its disk while it is off');
}

export function roadOf({ offline, auto }: RoadOptions): CredentialRoad | undefined {
  if (offline === true) return 'offline';
  return auto === true ? 'auto' : undefined;
}
