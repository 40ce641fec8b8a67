// Words that image properties take, with older ones for them. Rules: nova/objects/fields.py, each field's coerce.
import { foldedWords, words } from './value-kinds.ts';

const ARCHITECTURES = [
  'alpha',
  'armv6',
  'armv7l',
  'armv7b',
  'aarch64',
  'cris',
  'i686',
  'ia64',
  'lm32',
  'm68k',
  'microblaze',
  'microblazeel',
  'mips',
  'mipsel',
  'mips64',
  'mips64el',
  'openrisc',
  'parisc',
  'parisc64',
  'ppc',
  'ppcle',
  'ppc64',
  'ppc64le',
  'ppcemb',
  's390',
  's390x',
  'sh4',
  'sh4eb',
  'sparc',
  'sparc64',
  'unicore32',
  'x86_64',
  'xtensa',
  'xtensaeb',
  // Nova has no name for it.
  'riscv64',
] as const;

export const ARCHITECTURE = foldedWords(ARCHITECTURES, {
  amd64: 'x86_64',
  // Debian's word, which Nova does not take.
  arm64: 'aarch64',
  i386: 'i686',
  i486: 'i686',
  i586: 'i686',
  x86_32: 'i686',
  x86_32p: 'i686',
});

export const DISK_BUS = words('virtio', 'scsi', 'sata', 'ide', 'usb', 'fdc');
export const FOREIGN_BUSES = ['xen', 'lxc', 'uml'] as const;

export const VM_MODE = foldedWords(['hvm'], { hv: 'hvm', baremetal: 'hvm' });
export const FOREIGN_VM_MODES = ['xen', 'pv', 'uml', 'exe'] as const;

export const SCSI_MODEL = foldedWords(
  ['buslogic', 'ibmvscsi', 'lsilogic', 'lsisas1068', 'lsisas1078', 'virtio-scsi', 'vmpvscsi'],
  { lsilogicsas: 'lsisas1068', paravirtual: 'vmpvscsi' },
);

export const VIDEO_MODELS = [
  'cirrus',
  'qxl',
  'vga',
  'vmvga',
  'xen',
  'virtio',
  'gop',
  'none',
  'bochs',
] as const;

/** Which of them the hypervisor has is said by who chooses the hardware. `igb` is master's. */
export const VIF_MODEL = foldedWords(
  [
    'virtio',
    'ne2k_pci',
    'pcnet',
    'rtl8139',
    'e1000',
    'e1000e',
    'netfront',
    'spapr-vlan',
    'lan9118',
    'sriov',
    'vmxnet',
    'vmxnet3',
    'igb',
  ],
  {
    virtuale1000: 'e1000',
    virtuale1000e: 'e1000e',
    virtualpcnet32: 'pcnet',
    virtualsriovethernetcard: 'sriov',
    virtualvmxnet: 'vmxnet',
    virtualvmxnet3: 'vmxnet3',
  },
);

export const HYPERVISOR_TYPE = foldedWords(
  [
    'baremetal',
    'bhyve',
    'docker',
    'fake',
    'hyperv',
    'ironic',
    'kqemu',
    'kvm',
    'lxc',
    'lxd',
    'openvz',
    'parallels',
    'vz',
    'phyp',
    'qemu',
    'test',
    'uml',
    'vbox',
    'vmware',
    'xen',
    'zvm',
    'prsm',
  ],
  { xapi: 'xen' },
);
