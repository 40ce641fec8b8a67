// Whether passwords and keys can be set on the disk of a guest that is off: libguestfs, and a kernel for its appliance.
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../base/index.ts';
import { missingPrograms, type ProgramNeed } from './check-programs.ts';
import { type Finding, ok, warning } from './finding.ts';
import type { DeviceSight } from './kvm.ts';

export interface LibguestfsSight {
  /** Debian packages of the programs that are missing. */
  readonly missingPackages: readonly string[];
  /** The best of the kernels in /boot. */
  readonly kernel: 'absent' | 'unreadable' | 'readable';
  readonly kvm: DeviceSight;
  /** Node's word for the host's architecture. */
  readonly arch: string;
}

const CHECK = 'offline-reset';
const PURPOSE = 'set passwords on the disks of guests that are off';
const NEEDS: readonly ProgramNeed[] = [
  { program: 'guestfish', debianPackage: 'libguestfs-tools', purpose: PURPOSE, isOptional: true },
  { program: 'qemu-io', debianPackage: 'qemu-utils', purpose: PURPOSE, isOptional: true },
];
const KERNEL_PACKAGES: Readonly<Record<string, string>> = {
  x64: 'linux-image-cloud-amd64',
  arm64: 'linux-image-cloud-arm64',
};

/** Pure. */
export function decideLibguestfs(sight: LibguestfsSight): Finding {
  const { missingPackages, kernel, kvm, arch } = sight;
  if (missingPackages.length > 0) {
    return warning(
      CHECK,
      'Passwords and keys cannot be set on the disk of a guest that is off: libguestfs is not complete here',
      `apt install ${missingPackages.join(' ')}`,
    );
  }
  if (kernel === 'absent') {
    return warning(
      CHECK,
      'libguestfs finds no kernel in /boot to start its appliance with, so that passwords cannot be set offline',
      `apt install ${KERNEL_PACKAGES[arch] ?? 'linux-image'}`,
    );
  }
  if (kernel === 'unreadable') {
    return warning(
      CHECK,
      'The kernels in /boot cannot be read by this user, so that libguestfs cannot start its appliance',
      'Run novalet as root, or: chmod 0644 /boot/vmlinuz-*',
    );
  }
  const pace = kvm === 'usable' ? '' : '; without KVM it takes about 20 seconds';
  return ok(CHECK, `Passwords and keys can be set on the disks of guests that are off${pace}`);
}

/** `kernels`: the directory of the host's kernels. */
export async function lookAtLibguestfs(
  searchPath: string,
  kvm: DeviceSight,
  kernels = '/boot',
): Promise<LibguestfsSight> {
  const missing = await missingPrograms(NEEDS, searchPath);
  const packages = NEEDS.flatMap(({ program, debianPackage }) =>
    missing.has(program) ? [debianPackage] : [],
  );
  return { missingPackages: packages, kernel: await lookAtKernels(kernels), kvm, arch: process.arch };
}

async function lookAtKernels(directory: string): Promise<LibguestfsSight['kernel']> {
  const names = (await namesIn(directory)).filter((name) => /^(?:vmlinu[xz]|Image)-/.test(name));
  for (const name of names) if (await isReadable(join(directory, name))) return 'readable';
  return names.length === 0 ? 'absent' : 'unreadable';
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'EACCES') return [];
    throw error;
  }
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return true;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'EACCES') return false;
    throw error;
  }
}
