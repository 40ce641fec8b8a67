// The administrator's password as `admin_pass`, in clear, on the config drive: for cloudbase-init, which takes no hash. A
// guest with cloud-init gets the hash alone, as vendor data.
import { Fault, type Secret } from '../base/index.ts';
import type { Image, Instance } from '../model/index.ts';
import type { LaunchRequest } from './compute.ts';
import { adminUserOf } from './guest-actions.ts';
import { isWindows } from './roads.ts';

/** What goes on the drive in clear; undefined where nothing does. Throws `ADMIN_PASSWORD_MISSING` and `ADMIN_PASSWORD_NOT_CARRIED`. */
export function plainPassword(
  { adminPassword, plainAdminPassword }: Pick<LaunchRequest, 'adminPassword' | 'plainAdminPassword'>,
  { properties }: Pick<Image, 'properties'>,
): Secret | undefined {
  if (plainAdminPassword === true && adminPassword === undefined) {
    throw new Fault(
      'invalid',
      'ADMIN_PASSWORD_MISSING',
      'admin_pass is asked for, and no password is given',
      {
        hint: 'Give one: --generate-password, --password-stdin or --password-file.',
      },
    );
  }
  if (plainAdminPassword === false && adminPassword !== undefined && properties['os_type'] === 'windows') {
    throw new Fault(
      'invalid',
      'ADMIN_PASSWORD_NOT_CARRIED',
      'The image is Windows, which takes a password in clear only, and that is forbidden',
      {
        hint: 'Leave --no-admin-pass out, or give no password: Windows then makes one up and posts it, see novalet get-password.',
      },
    );
  }
  return (plainAdminPassword ?? properties['os_type'] === 'windows') ? adminPassword : undefined;
}

/** Nothing but OpenStack's config drive has `admin_pass`. Throws `ADMIN_PASSWORD_NOT_CARRIED`. */
export function checkCarried(password: Secret | undefined, instance: Pick<Instance, 'name' | 'disks'>): void {
  if (password === undefined) return;
  const isCarried = instance.disks.some(
    ({ role, datasource = 'config-drive' }) => role === 'config' && datasource === 'config-drive',
  );
  if (isCarried) return;
  throw new Fault(
    'invalid',
    'ADMIN_PASSWORD_NOT_CARRIED',
    `${instance.name} would not get its password: in clear it stands on a config drive only, and there is none`,
    {
      hint: 'Take the config drive (--datasource config-drive), or give no password: Windows then makes one up and posts it, see novalet get-password.',
    },
  );
}

/**
 * `meta` as the guest gets it. cloudbase-init makes its own user, Admin, unless `admin_username` names another; `admin_user`
 * says the same to other readers. What the owner gave wins.
 */
export function metaOf(instance: Instance): Readonly<Record<string, string>> {
  if (!isWindows(instance)) return instance.metadata;
  const user = adminUserOf(instance);
  return { admin_username: user, admin_user: user, ...instance.metadata };
}
