// Extra specs that speak to Nova's scheduler and to placement. On one host nothing has to be found, so they are checked
// and have no effect, but for those that also say something about the guest itself.
// Rules: nova/api/validation/extra_specs/{resources,traits}.py, nova/virt/hardware.py, numa_get_constraints.
import {
  done,
  elsewhere,
  type HardwareKey,
  type KeyFaults,
  type RawValues,
  readValue,
  refused,
} from './hardware-key.ts';
import { INTEGER, TEXT, words } from './value-kinds.ts';

const TRAIT = /^trait[a-zA-Z0-9_-]{0,64}:([A-Z0-9_]+)$/;
const RESOURCE = /^resources([a-zA-Z0-9_-]{0,64}):([A-Z0-9_]+)$/;
/** Groups in which the driver looks for VCPU, PCPU and hyper-threading. */
const COUNTED_GROUP = /^(?:[1-9][0-9]*)?$/;

/** os_resource_classes. */
const RESOURCE_CLASSES: ReadonlySet<string> = new Set(
  `VCPU MEMORY_MB DISK_GB PCI_DEVICE SRIOV_NET_VF NUMA_SOCKET NUMA_CORE NUMA_THREAD NUMA_MEMORY_MB IPV4_ADDRESS VGPU
   VGPU_DISPLAY_HEAD NET_BW_EGR_KILOBIT_PER_SEC NET_BW_IGR_KILOBIT_PER_SEC PCPU MEM_ENCRYPTION_CONTEXT FPGA PGPU
   NET_PACKET_RATE_KILOPACKET_PER_SEC NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC`.split(
    /\s+/,
  ),
);

/** Patterns of keys: braces are for what a flavor writes itself. */
export const SCHEDULING_KEYS = {
  trait: done(
    'trait{group}:{TRAIT}',
    words('required', 'forbidden'),
    'chooses a host, and so nothing here, but for two: `HW_CPU_*` chooses the `<cpu><model>` among several `cpu_models`, and `HW_CPU_HYPERTHREADING` is another `hw:cpu_thread_policy`',
  ),
  resource: done(
    'resources{group}:{CLASS}',
    INTEGER,
    'chooses a host, and so nothing here, but for two: `PCPU` is another `hw:cpu_policy=dedicated`, `VCPU` another `shared`',
  ),
  vgpu: refused('resources{group}:VGPU', INTEGER, {
    why: "parts of a graphics card are given out by placement and the card's own driver",
    cure: 'Take it away; give the guest a whole card with pci_passthrough:alias.',
    neutral: [0],
  }),
  aggregate: elsewhere(
    'aggregate_instance_extra_specs:{key}',
    TEXT,
    'nothing: chooses a host by its aggregate',
  ),
  capability: elsewhere('capabilities:{key}', TEXT, 'nothing: chooses a host by what it can do'),
};

export interface SchedulingFields {
  /** Without `trait:`. `HW_CPU_*` among them choose the CPU model when several are configured, as flags do. */
  readonly requiredTraits: readonly string[];
  readonly hyperthreading: 'required' | 'forbidden' | undefined;
  /** Sums over `resources:VCPU`, `resources1:VCPU` and so on; 0 when nothing asks. */
  readonly resourcesVcpu: number;
  readonly resourcesPcpu: number;
}

/** Undefined for a key that is none of these. */
export function schedulingKey(key: string): HardwareKey<unknown> | undefined {
  if (TRAIT.test(key)) return SCHEDULING_KEYS.trait;
  if (key.startsWith('aggregate_instance_extra_specs:')) return SCHEDULING_KEYS.aggregate;
  if (key.startsWith('capabilities:')) return SCHEDULING_KEYS.capability;
  return resourceKey(key);
}

function resourceKey(key: string): HardwareKey<number> | undefined {
  const [, , name] = RESOURCE.exec(key) ?? [];
  if (name === 'VGPU') return SCHEDULING_KEYS.vgpu;
  return name !== undefined && (RESOURCE_CLASSES.has(name) || /^CUSTOM_./.test(name))
    ? SCHEDULING_KEYS.resource
    : undefined;
}

/** Throws the faults of values. */
export function schedulingFields(raw: RawValues, faults: KeyFaults): SchedulingFields {
  const requiredTraits = new Set<string>();
  let hyperthreading: SchedulingFields['hyperthreading'];
  const sums = { VCPU: 0, PCPU: 0 };
  for (const [key, text] of Object.entries(raw)) {
    const [, trait] = TRAIT.exec(key) ?? [];
    if (trait !== undefined) {
      const wish = readValue(text, SCHEDULING_KEYS.trait, faults, key);
      if (wish === 'required') requiredTraits.add(trait);
      if (/^trait(?:[1-9][0-9]*)?:HW_CPU_HYPERTHREADING$/.test(key)) hyperthreading ??= wish;
    }
    const resource = resourceKey(key);
    if (resource === undefined) continue;
    const amount = readValue(text, resource, faults, key);
    const [, group = '', name] = RESOURCE.exec(key) ?? [];
    if ((name === 'VCPU' || name === 'PCPU') && COUNTED_GROUP.test(group)) sums[name] += amount;
  }
  return {
    requiredTraits: [...requiredTraits].sort(),
    hyperthreading,
    resourcesVcpu: sums.VCPU,
    resourcesPcpu: sums.PCPU,
  };
}
