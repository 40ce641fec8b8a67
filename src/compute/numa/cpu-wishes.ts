// How a guest's vCPUs are to run, settled between flavor and image. Pure. Rules: nova/virt/hardware.py,
// get_cpu_policy_constraint to get_emulator_thread_policy_constraint, and the checks of numa_get_constraints.
import { Fault } from '../../base/index.ts';
import {
  type CpuMask,
  type CpuPolicy,
  type CpuThreadPolicy,
  type EmulatorThreadsPolicy,
  maskedCpus,
} from '../../model/index.ts';
import type { NumaWishes } from './numa-wishes.ts';

export interface CpuWishes {
  readonly policy: CpuPolicy | null;
  readonly threadPolicy: CpuThreadPolicy | null;
  readonly emulatorThreads: EmulatorThreadsPolicy | null;
  /** vCPUs that each want a host CPU of their own, sorted. */
  readonly pinned: readonly number[];
  /** Sorted; empty for none. */
  readonly realtime: readonly number[];
}

/** Throws `IMAGE_NUMA_FORBIDDEN`, `CPU_POLICY_INVALID`, `CPU_MASK_INVALID` or `CPU_RESOURCES_INVALID`. */
export function cpuWishes(wishes: NumaWishes): CpuWishes {
  const { specs } = wishes;
  const agreed = agreedPolicy(wishes);
  const agreedThreads = agreedThreadPolicy(wishes);
  const realtime = realtimeVcpus(wishes);
  const masked = dedicatedVcpus(wishes);
  const policy = policyOfResources(wishes, agreed);
  const threadPolicy = policyOfTrait(wishes, agreedThreads);
  const emulatorThreads = specs.emulatorThreadsPolicy ?? null;
  if (policy === 'shared' || policy === null) {
    if (threadPolicy !== null) throw needsPinning('hw:cpu_thread_policy');
    if (emulatorThreads === 'isolate') throw needsPinning('hw:emulator_threads_policy');
    if (realtime !== null) throw needsPinning('hw:cpu_realtime');
  }
  if (policy !== 'mixed' && masked !== null) {
    throw policyFault('hw:cpu_dedicated_mask', 'hw:cpu_dedicated_mask needs hw:cpu_policy=mixed');
  }
  if (policy === 'mixed' && (masked === null) === (realtime === null)) {
    throw policyFault(
      'hw:cpu_policy',
      'hw:cpu_policy=mixed needs one of hw:cpu_dedicated_mask and hw:cpu_realtime_mask, and not both',
    );
  }
  return {
    policy,
    threadPolicy,
    emulatorThreads,
    pinned: pinnedVcpus(wishes, policy, masked ?? realtime),
    realtime: realtime ?? [],
  };
}

function pinnedVcpus(
  { flavor }: NumaWishes,
  policy: CpuPolicy | null,
  chosen: readonly number[] | null,
): readonly number[] {
  if (policy === 'dedicated') return allVcpus(flavor.vcpus);
  return policy === 'mixed' ? (chosen ?? []) : [];
}

function agreedPolicy({ specs, image }: NumaWishes): CpuPolicy | null {
  const { hw_cpu_policy: ofImage } = image;
  const ofFlavor = specs.cpuPolicy;
  const isForbidden =
    (ofFlavor === 'shared' && (ofImage === 'mixed' || ofImage === 'dedicated')) ||
    (ofFlavor === 'mixed' && ofImage === 'dedicated');
  if (isForbidden) throw imageForbidden('hw:cpu_policy', ofFlavor, ofImage);
  return ofFlavor ?? ofImage ?? null;
}

function agreedThreadPolicy({ specs, image }: NumaWishes): CpuThreadPolicy | null {
  const { hw_cpu_thread_policy: ofImage } = image;
  const ofFlavor = specs.cpuThreadPolicy;
  // Quirk: of an image's wish and a flavor's `prefer`, the flavor's is taken.
  if (ofFlavor === undefined || ofFlavor === 'prefer') return ofFlavor ?? ofImage ?? null;
  if (ofImage !== undefined && ofImage !== ofFlavor) {
    throw imageForbidden('hw:cpu_thread_policy', ofFlavor, ofImage);
  }
  return ofFlavor;
}

/** The vCPUs under the realtime scheduler; null without. QEMU's own threads must have some place beside them. */
function realtimeVcpus({ flavor, specs, image }: NumaWishes): readonly number[] | null {
  if (specs.cpuRealtime !== true) return null;
  const { hw_cpu_realtime_mask: ofImage } = image;
  const mask = ofImage ?? specs.cpuRealtimeMask;
  const key = 'hw:cpu_realtime_mask';
  const vcpus = mask === undefined ? allVcpus(flavor.vcpus) : checkedMask(key, mask, flavor.vcpus);
  if (vcpus.length === flavor.vcpus && specs.emulatorThreadsPolicy === undefined) {
    throw maskFault(key, `hw:cpu_realtime needs a vCPU outside ${key}, or hw:emulator_threads_policy`);
  }
  return vcpus;
}

function dedicatedVcpus({ flavor, specs }: NumaWishes): readonly number[] | null {
  const mask = specs.cpuDedicatedMask;
  if (mask === undefined) return null;
  const key = 'hw:cpu_dedicated_mask';
  const vcpus = checkedMask(key, mask, flavor.vcpus);
  if (vcpus.length === flavor.vcpus) {
    throw maskFault(key, `${key} leaves no vCPU shared: that is hw:cpu_policy=dedicated`);
  }
  return vcpus;
}

function checkedMask(key: string, mask: CpuMask, vcpus: number): readonly number[] {
  const chosen = maskedCpus(mask, vcpus);
  const beyond = chosen.find((vcpu) => vcpu >= vcpus);
  if (chosen.length === 0) throw maskFault(key, `${key} names no vCPU`);
  if (beyond !== undefined) {
    throw maskFault(key, `${key} names vCPU ${beyond}, and the flavor's are 0 to ${vcpus - 1}`);
  }
  return chosen;
}

/** `resources:PCPU` and `resources:VCPU` are another way to write the policy. */
function policyOfResources({ flavor, specs }: NumaWishes, agreed: CpuPolicy | null): CpuPolicy | null {
  const { resourcesVcpu: vcpus, resourcesPcpu: pcpus } = specs;
  if (vcpus === 0 && pcpus === 0) return agreed;
  if (agreed !== null) throw resourceFault('hw:cpu_policy goes without resources:VCPU and resources:PCPU');
  if (vcpus !== 0 && pcpus !== 0) throw resourceFault('resources:VCPU goes without resources:PCPU');
  if (vcpus !== 0) return 'shared';
  const needed = flavor.vcpus + (specs.emulatorThreadsPolicy === 'isolate' ? 1 : 0);
  if (pcpus === needed) return 'dedicated';
  throw resourceFault(`resources:PCPU is ${pcpus}, and this flavor needs ${needed}`);
}

const TRAIT = 'HW_CPU_HYPERTHREADING';

/** The trait is another way to write `require` and `isolate`. */
function policyOfTrait({ specs, image }: NumaWishes, agreed: CpuThreadPolicy | null): CpuThreadPolicy | null {
  const { traits_required: traits } = image;
  const trait = specs.hyperthreading ?? (traits.includes(TRAIT) ? 'required' : undefined);
  if (trait === undefined) return agreed;
  if (agreed !== null)
    throw policyFault('hw:cpu_thread_policy', `hw:cpu_thread_policy goes without trait:${TRAIT}`);
  return trait === 'forbidden' ? 'isolate' : 'require';
}

export function imageForbidden(
  key: string,
  ofFlavor: string | number | undefined,
  ofImage: string | number | undefined,
): Fault {
  const property = key.replace(':', '_');
  const flavorSays = ofFlavor === undefined ? `sets no ${key}` : `sets ${key}=${ofFlavor}`;
  const imageSays = ofImage === undefined ? property : `${property}=${ofImage}`;
  return new Fault(
    'invalid',
    'IMAGE_NUMA_FORBIDDEN',
    `The flavor ${flavorSays}, so the image may not set ${imageSays}`,
    {
      hint: `Take ${property} off the image, or change ${key} of the flavor.`,
      details: { key: property },
    },
  );
}

function needsPinning(key: string): Fault {
  return policyFault(key, `${key} needs hw:cpu_policy=dedicated or mixed`);
}

function policyFault(key: string, message: string): Fault {
  return new Fault('invalid', 'CPU_POLICY_INVALID', message, {
    hint: 'docs/numa.md says which settings go together.',
    details: { key },
  });
}

function maskFault(key: string, message: string): Fault {
  return new Fault('invalid', 'CPU_MASK_INVALID', message, {
    hint: `Write ${key} as in 2-3, or as in ^0-1 for all but those.`,
    details: { key },
  });
}

function resourceFault(message: string): Fault {
  return new Fault('invalid', 'CPU_RESOURCES_INVALID', message, {
    hint: 'Use hw:cpu_policy alone, or one resource with the number of CPUs that the guest needs.',
    details: { key: 'resources:PCPU' },
  });
}

function allVcpus(vcpus: number): readonly number[] {
  return Array.from({ length: vcpus }, (_unused, vcpu) => vcpu);
}
