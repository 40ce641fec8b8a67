// novalet cloud-init INSTANCE [status|logs|rerun]
import { Argument, Option } from 'commander';
import { KIB } from '../../base/index.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { invalid, parseSeconds, quantity } from '../values.ts';
import { LOGS, type LogOptions, showLogs } from './cloud-init/logs.ts';
import { type RerunOptions, rerun } from './cloud-init/rerun.ts';
import { type StatusOptions, showStatus } from './cloud-init/status.ts';

const ACTIONS = ['status', 'logs', 'rerun'] as const;
type CloudInitAction = (typeof ACTIONS)[number];

interface CloudInitOptions extends StatusOptions, LogOptions, RerunOptions {}

/** What each option is for. */
const FITS: Readonly<Record<string, readonly CloudInitAction[]>> = {
  wait: ['status'],
  timeout: ['status', 'rerun'],
  only: ['logs'],
  follow: ['logs'],
  bytes: ['logs'],
  clearLogs: ['rerun'],
};

export const cloudInit: Define = (command, session) => {
  command
    .description(
      "Look at what cloud-init does in the guest, through its agent. status: how far it is; waits until it has ended. logs: its two logs. rerun: have it forget its first run and run all its stages again; keys of the guest's SSH server are made anew, and user data are run once more.",
    )
    .argument('<instance>', INSTANCE)
    .addArgument(new Argument('[action]', 'what to do').choices(ACTIONS).default('status'))
    .option('--no-wait', 'status: say how things are now')
    .addOption(
      new Option(
        '--timeout <seconds>',
        'how long status (default: 300) or rerun (default: 1800) may wait',
      ).argParser(parseSeconds),
    )
    .addOption(new Option('--only <log>', 'logs: one of the two').choices(LOGS))
    .option('-f, --follow', 'logs: go on with what is added to one log, until interrupted')
    .addOption(
      new Option('--bytes <size>', 'logs: how much of each at most, from its end')
        .argParser(quantity('--bytes', 1))
        .default(256 * KIB, '256K'),
    )
    .option('--clear-logs', 'rerun: remove the logs of the runs before')
    .action(async (ref: string, action: CloudInitAction, options: CloudInitOptions) => {
      for (const [name, fits] of Object.entries(FITS)) {
        if (command.getOptionValueSource(name) === 'cli' && !fits.includes(action)) {
          throw misplaced(name, action, fits);
        }
      }
      switch (action) {
        case 'status':
          return await showStatus(session, ref, options);
        case 'logs':
          return await showLogs(session, ref, options);
        case 'rerun':
          return await rerun(session, ref, options);
        default:
          return action satisfies never;
      }
    });
};

function misplaced(name: string, action: CloudInitAction, fits: readonly CloudInitAction[]) {
  const flag =
    name === 'wait' ? '--no-wait' : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return invalid(`${flag} means nothing to ${action}`, `It belongs to ${fits.join(' and ')}.`);
}
