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
  /** sysfs's PCI devices, by address. */
  readonly pciDevices: string;
  /** Linux's switch: 0 lets everybody use io_uring. */
  readonly ioUringDisabled: string;
  /** sysfs's NUMA nodes, each with its pools of huge pages. */
  readonly numaNodes: string;
  /** Where QEMU may have its modules. */
  readonly qemuModules: readonly string[];
  /** Linux's table of mounts. */
  readonly mounts: string;
  /** What the kernel was built with, the first that is there; %r stands for its release. */
  readonly kernelConfigs: readonly string[];
}

export const HOST_PATHS: HostPaths = {
  cpuinfo: '/proc/cpuinfo',
  kvmDevice: '/dev/kvm',
  bootId: '/proc/sys/kernel/random/boot_id',
  qemuConf: '/etc/libvirt/qemu.conf',
  passwd: '/etc/passwd',
  group: '/etc/group',
  firmware: ['/etc/qemu/firmware', '/usr/share/qemu/firmware'],
  pciDevices: '/sys/bus/pci/devices',
  ioUringDisabled: '/proc/sys/kernel/io_uring_disabled',
  numaNodes: '/sys/devices/system/node',
  qemuModules: [
    '/usr/lib/x86_64-linux-gnu/qemu',
    '/usr/lib/aarch64-linux-gnu/qemu',
    '/usr/lib64/qemu-kvm',
    '/usr/lib64/qemu',
    '/usr/lib/qemu',
  ],
  mounts: '/proc/mounts',
  kernelConfigs: ['/proc/config.gz', '/boot/config-%r'],
};
