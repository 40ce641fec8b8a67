// Is this an operating system, a processor and a kernel that novalet knows?
import { existsSync, readFileSync } from 'node:fs';
import { type Finding, ok, warning } from './finding.ts';

export interface PlatformSight {
  readonly platform: string;
  /** As `process.arch` has it. */
  readonly arch: string;
  /** /etc/os-release. */
  readonly osRelease: string;
  /** The processor says that it is a virtual machine's. */
  readonly isVirtualMachine: boolean;
  /** Names of the security modules that confine QEMU. */
  readonly confinement: readonly ('AppArmor' | 'SELinux')[];
}

export function lookAtPlatform(cpuFlags: ReadonlySet<string>): PlatformSight {
  return {
    platform: process.platform,
    arch: process.arch,
    osRelease: readOr('/etc/os-release', ''),
    isVirtualMachine: cpuFlags.has('hypervisor'),
    confinement: [
      ...(readOr('/sys/module/apparmor/parameters/enabled', 'N').startsWith('Y')
        ? (['AppArmor'] as const)
        : []),
      ...(existsSync('/sys/fs/selinux/enforce') ? (['SELinux'] as const) : []),
    ],
  };
}

/** Pure. */
export function decidePlatform(sight: PlatformSight): readonly Finding[] {
  return [decideSystem(sight), ...decideConfinement(sight)];
}

function decideSystem({ platform, arch, osRelease, isVirtualMachine }: PlatformSight): Finding {
  const name = osReleaseValue(osRelease, 'PRETTY_NAME') ?? platform;
  const where = `${name} on ${arch}${isVirtualMachine ? ', itself a virtual machine' : ''}`;
  const family = `${osReleaseValue(osRelease, 'ID') ?? ''} ${osReleaseValue(osRelease, 'ID_LIKE') ?? ''}`;
  if (platform !== 'linux' || !['x64', 'arm64'].includes(arch)) {
    return warning('platform', `${where} has never been tried`, 'Use Linux on x86_64 or aarch64.');
  }
  if (!/\b(debian|ubuntu)\b/.test(family)) {
    return warning(
      'platform',
      `${where} has not been tried; package names in the cures are those of Debian`,
      'Use Debian 12 or 13, or Ubuntu, or look the package names up.',
    );
  }
  return ok('platform', where);
}

function decideConfinement({ confinement }: PlatformSight): readonly Finding[] {
  return confinement.map((module) =>
    ok(
      'confinement',
      `${module} confines QEMU; libvirt labels the disks, and denials are in the kernel's log`,
    ),
  );
}

function osReleaseValue(text: string, key: string): string | undefined {
  return new RegExp(`^${key}=["']?([^"'\\n]*)`, 'm').exec(text)?.[1];
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise; // where the kernel or the distribution has no such file, nothing is said about it
  }
}
