// What every command takes that shuts a guest down.
import { type Command, Option } from 'commander';
import { defined } from './defined.ts';
import { parseSeconds } from './values.ts';

export interface StopFlags {
  readonly force?: boolean;
  readonly timeout?: number;
}

export function addStopOptions(command: Command): void {
  command
    .option('--force', 'pull the plug without asking the guest')
    .addOption(
      new Option(
        '--timeout <seconds>',
        'how long the guest may take before the plug is pulled (default: 60)',
      ).argParser(parseSeconds),
    );
}

export function readStopOptions({ force, timeout }: StopFlags): {
  readonly force?: boolean;
  readonly timeoutMs?: number;
} {
  return defined({ force, timeoutMs: timeout });
}
