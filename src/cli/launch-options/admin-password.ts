// The administrator's password in clear, as an option of launch.
import type { Command } from 'commander';
import type { LaunchRequest } from '../../compute/index.ts';

export interface AdminPasswordOptions {
  readonly adminPass?: boolean;
}

export function addAdminPasswordOptions(command: Command): void {
  command
    .option(
      '--admin-pass',
      'put the password in clear on the config drive, as admin_pass (Windows gets it so)',
    )
    .option('--no-admin-pass', 'put it nowhere in clear, also for Windows');
}

export function readAdminPasswordOptions({
  adminPass,
}: AdminPasswordOptions): Pick<LaunchRequest, 'plainAdminPassword'> {
  return adminPass === undefined ? {} : { plainAdminPassword: adminPass };
}
