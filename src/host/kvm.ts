// Whether KVM really works here. That /dev/kvm opens proves little: inside a virtual machine without nested
// virtualization it may open, create a machine and even run its firmware, and then a Linux guest hangs for ever.
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { errnoCode } from '../base/index.ts';
import type { VirtType } from '../model/index.ts';
import { type Identity, mayAccess, type Owned, READ, WRITE } from './access.ts';
import type { HostPaths } from './host-paths.ts';

export type KvmReason =
  | 'works'
  /** The processor shows no virtualization extensions, or a hypervisor below hides them. */
  | 'no-cpu-support'
  /** There is no /dev/kvm: the kernel module is not loaded, or the firmware forbids it. */
  | 'no-device'
  /** The device is there, and the user that QEMU runs as may not open it. */
  | 'device-denied'
  /** libvirt's QEMU was built without it, or libvirt looked when the device was not usable. */
  | 'not-offered';

export interface KvmVerdict {
  readonly works: boolean;
  readonly reason: KvmReason;
}

export interface KvmSight {
  /** libvirt's name of the host's architecture. */
  readonly arch: string;
  /** Words of the flags or features line of /proc/cpuinfo. */
  readonly cpuFlags: ReadonlySet<string>;
  readonly device: DeviceSight;
  /** Whether libvirt lists `kvm` for the host's architecture; null when it was not asked. */
  readonly isOffered: boolean | null;
}

export type DeviceSight = 'absent' | 'denied' | 'usable';

/** Flags that say that the processor can run guests; an architecture that is not listed here shows none. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  x86_64: ['vmx', 'svm'],
  i686: ['vmx', 'svm'],
  s390x: ['sie'],
};

/** Pure: the verdict, the first obstacle named. */
export function decideKvm(sight: KvmSight): KvmVerdict {
  const flags = FLAGS[sight.arch];
  if (flags !== undefined && !flags.some((flag) => sight.cpuFlags.has(flag))) return no('no-cpu-support');
  if (sight.device === 'absent') return no('no-device');
  if (sight.device === 'denied') return no('device-denied');
  if (sight.isOffered === false) return no('not-offered');
  return { works: true, reason: 'works' };
}

function no(reason: KvmReason): KvmVerdict {
  return { works: false, reason };
}

/** What a guest should run under: what the operator wants, else KVM where it works. */
export function chooseVirtType(wish: VirtType | 'auto', kvm: KvmVerdict): VirtType {
  if (wish !== 'auto') return wish;
  return kvm.works ? 'kvm' : 'qemu';
}

/** How the device looks to `who`; null means this process, which is who QEMU runs as in session mode. */
export function lookAtDevice(path: string, who: Identity | null): DeviceSight {
  const owned = statOrUndefined(path);
  if (owned === undefined) return 'absent';
  if (who !== null) return mayAccess(who, owned, READ + WRITE) ? 'usable' : 'denied';
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return 'usable';
  } catch {
    return 'denied';
  }
}

/** Owner and mode of a file, or undefined where there is none. */
export function statOrUndefined(path: string): Owned | undefined {
  try {
    const { mode, uid, gid } = statSync(path);
    return { mode, uid, gid };
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Words of the first processor's `flags` (x86), `Features` (arm) or `features` (s390) line. */
export function readCpuFlags(paths: HostPaths): ReadonlySet<string> {
  const line = /^(?:flags|features)\s*:\s*(.*)$/im.exec(readFileSync(paths.cpuinfo, 'utf8'));
  return new Set(line?.[1]?.split(/\s+/) ?? []);
}
