// What the doctor says about KVM, and about the capability-cache trap.
import { type Identity, mayAccess, type Owned, READ, WRITE } from './access.ts';
import type { ProbeResult } from './boot-probe.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import type { KvmVerdict } from './kvm.ts';

/**
 * Pure: whether guests run at full speed, and if not, why. `probe`: what a boot under KVM showed; null when none was
 * made.
 */
export function decideKvmFinding(
  kvm: KvmVerdict,
  isVirtualMachine: boolean,
  probe: ProbeResult | null,
  isSession = false,
): Finding {
  switch (kvm.reason) {
    case 'works':
      return decideProbe(probe);
    case 'no-cpu-support':
      return warning(
        'kvm',
        'The processor shows no virtualization extensions: guests are emulated, some ten times slower',
        isVirtualMachine
          ? 'Turn nested virtualization on for this machine where it is hosted, or use a physical one.'
          : "Turn VT-x or AMD-V on in the machine's firmware settings.",
      );
    case 'no-device':
      return warning(
        'kvm',
        'There is no /dev/kvm: guests are emulated, some ten times slower',
        "modprobe kvm_intel || modprobe kvm_amd; when that fails, turn virtualization on in the machine's firmware settings",
      );
    case 'device-denied':
      return warning(
        'kvm',
        'QEMU may not open /dev/kvm: guests are emulated, some ten times slower',
        isSession ? SESSION_DEVICE_FIX : DEVICE_FIX,
      );
    case 'not-offered':
      return warning(
        'kvm',
        'The processor and /dev/kvm are fine, and libvirt does not offer KVM: it looked when the device was not usable, or QEMU has no KVM',
        'Restart libvirtd so that it looks again; then see that `qemu-system-x86_64 -accel help` lists kvm.',
      );
    default:
      return kvm.reason satisfies never;
  }
}

/** All signs are good; only a boot shows whether they tell the truth. */
function decideProbe(probe: ProbeResult | null): Finding {
  switch (probe) {
    case 'hangs':
      return problem(
        'kvm',
        'KVM claims to work, and the smallest of guests hangs under it: so would every instance',
        'Set virt_type: qemu in the configuration, and turn nested virtualization on where this machine is hosted.',
      );
    case 'refused':
      return warning(
        'kvm',
        'KVM should work, and QEMU refused to start a guest under it when this user tried',
        'Run novalet doctor as root; then look at what `qemu-system-x86_64 -accel kvm -display none` says.',
      );
    case 'works':
    case null:
      return ok('kvm', `KVM works${probe === null ? '' : ' (a guest was booted)'}: guests run at full speed`);
    default:
      return probe satisfies never;
  }
}

const DEVICE_FIX =
  "chgrp kvm /dev/kvm && chmod 660 /dev/kvm, and QEMU's user in the group: usermod -aG kvm libvirt-qemu";

const SESSION_DEVICE_FIX = 'sudo usermod -aG kvm $USER, then log in anew';

export interface CacheTrapSight {
  /** /dev/kvm; undefined where there is none. */
  readonly device: Owned | undefined;
  /** Who QEMU runs as; null in session mode, and where it is not known. */
  readonly qemuUser: Identity | null;
  readonly isSession: boolean;
}

/**
 * Pure: libvirt's root daemon asks QEMU for its capabilities as QEMU's user, sees that KVM is missing from them although
 * /dev/kvm opens, and so never trusts its cache: some 46 probes of 2 s before every start of a domain.
 */
export function decideCacheTrap({ device, qemuUser, isSession }: CacheTrapSight): Finding {
  const check = 'capability-cache';
  if (isSession) return ok(check, 'In session mode QEMU opens /dev/kvm as the same user as libvirt');
  if (device === undefined)
    return ok(check, 'There is no /dev/kvm that libvirt and QEMU could see differently');
  if (qemuUser === null) {
    return warning(
      check,
      'The user that qemu.conf names for QEMU is not in /etc/passwd, so it is not known whether it may open /dev/kvm',
      'Check it by hand: every start of a guest takes a minute and more when it may not.',
    );
  }
  if (mayAccess(qemuUser, device, READ + WRITE)) {
    return ok(check, `${qemuUser.name}, the user that QEMU runs as, may open /dev/kvm as libvirt may`);
  }
  return problem(
    check,
    `root may open /dev/kvm and ${qemuUser.name}, the user that QEMU runs as, may not: libvirt then probes QEMU anew before every start, for a minute and a half`,
    `chgrp kvm /dev/kvm && chmod 660 /dev/kvm && usermod -aG kvm ${qemuUser.name}`,
  );
}
