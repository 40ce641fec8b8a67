// Where the facts of a host are read from. Tests look at a made-up host by naming other places.

export interface HostPaths {
  readonly cpuinfo: string;
  readonly kvmDevice: string;
  readonly bootId: string;
  readonly qemuConf: string;
  readonly passwd: string;
  readonly group: string;
  /** Firmware descriptors, the directory that wins first; QEMU, docs/interop/firmware.json. */
  readonly firmware: readonly string[];
}

export const HOST_PATHS: HostPaths = {
  cpuinfo: '/proc/cpuinfo',
  kvmDevice: '/dev/kvm',
  bootId: '/proc/sys/kernel/random/boot_id',
  qemuConf: '/etc/libvirt/qemu.conf',
  passwd: '/etc/passwd',
  group: '/etc/group',
  firmware: ['/etc/qemu/firmware', '/usr/share/qemu/firmware'],
};
