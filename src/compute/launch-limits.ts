// What Nova's XML can ask for and this host cannot run, refused before anything is made. Pure.
import { Fault } from '../base/index.ts';
import type { Hardware } from '../model/index.ts';
import type { GuestOptions } from './guest-options.ts';

/** What the host has, of what guests may ask for. */
export interface HostLimits {
  /** Models that libvirt can emulate; none without swtpm. */
  readonly tpmModels: readonly string[];
  /** Whether Linux lets QEMU use io_uring. */
  readonly ioUring: boolean;
}

type Asked = Pick<GuestOptions, 'tpm' | 'redirectedUsbPorts' | 'maxPhysAddr'>;

/** Throws `TPM_ABSENT`, `IO_URING_ABSENT`, `SPICE_ABSENT` or `MAXPHYSADDR_INVALID`. */
export function checkLaunchable(
  hardware: Hardware,
  { tpm, redirectedUsbPorts, maxPhysAddr }: Asked,
  limits: HostLimits,
): void {
  if (tpm !== null && !limits.tpmModels.includes(tpm.model)) {
    throw new Fault('unsupported', 'TPM_ABSENT', `The host cannot emulate a TPM of model ${tpm.model}`, {
      hint: 'apt install swtpm swtpm-tools, and restart libvirtd.',
      details: { key: 'hw:tpm_model' },
    });
  }
  if (hardware.options.ioUring && !limits.ioUring) {
    throw new Fault('unsupported', 'IO_URING_ABSENT', 'The host does not let QEMU use io_uring', {
      hint: 'sysctl kernel.io_uring_disabled=0, or take hardware.io_uring out of the configuration.',
    });
  }
  if (redirectedUsbPorts > 0) {
    throw new Fault(
      'unsupported',
      'SPICE_ABSENT',
      'Redirected USB ports need SPICE, and guests here have VNC',
      {
        hint: 'Take hw:redirected_usb_ports out of the flavor, or give the guest a USB device of the host.',
        details: { key: 'hw:redirected_usb_ports' },
      },
    );
  }
  checkMaxPhysAddr(maxPhysAddr);
}

/** Nova hands both on, and libvirt refuses what is half said. */
function checkMaxPhysAddr(asked: GuestOptions['maxPhysAddr']): void {
  if (asked === undefined || (asked.mode === 'emulate') === (asked.bits !== undefined)) return;
  throw new Fault(
    'invalid',
    'MAXPHYSADDR_INVALID',
    asked.mode === 'emulate'
      ? 'hw:maxphysaddr_mode is emulate, and hw:maxphysaddr_bits does not say how many bits'
      : `hw:maxphysaddr_mode is ${asked.mode}, beside which hw:maxphysaddr_bits has no place`,
    {
      hint: 'Set hw:maxphysaddr_mode=emulate with hw:maxphysaddr_bits, or passthrough without; in the flavor, or with hw_ on the image.',
      details: { key: 'hw:maxphysaddr_bits' },
    },
  );
}
