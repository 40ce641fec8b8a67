// Whether QEMU can be an iSCSI initiator, which Debian ships as a module in a package of its own.
import { readdirSync } from 'node:fs';
import { errnoCode } from '../base/index.ts';
import { type Finding, ok, warning } from './finding.ts';
import { HOST_PATHS, type HostPaths } from './host-paths.ts';

/** `unknown`: this QEMU has no modules in a place that is known, so its drivers are inside, or are not. */
export type IscsiDriver = 'present' | 'missing' | 'unknown';

const MODULE = 'block-iscsi.so';
const CHECK = 'iscsi-disks';

/** Pure. */
export function decideIscsi(driver: IscsiDriver): Finding {
  if (driver === 'missing') {
    return warning(
      CHECK,
      'Disks on iSCSI targets cannot be attached: QEMU has no driver for them here',
      'apt install qemu-block-extra',
    );
  }
  return ok(
    CHECK,
    driver === 'present'
      ? 'Disks on iSCSI targets can be attached'
      : 'QEMU here has no modules; disks on iSCSI targets can be attached if it was built for them',
  );
}

export function lookAtIscsi({ qemuModules }: Pick<HostPaths, 'qemuModules'> = HOST_PATHS): IscsiDriver {
  const modules = qemuModules.flatMap(modulesIn);
  if (modules.includes(MODULE)) return 'present';
  return modules.length > 0 ? 'missing' : 'unknown';
}

function modulesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.so'));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoCode(error) ?? '')) return [];
    throw error;
  }
}
