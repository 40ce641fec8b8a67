// Sockets, cores and threads of a guest from the preferences and limits of flavor and image. Pure.
// Rules: nova/virt/hardware.py, get_best_cpu_topology.
import { Fault } from '../base/index.ts';
import type { CpuTopology } from '../libvirt-xml/index.ts';
import type { ExtraSpecs, ImageProperties } from '../model/index.ts';

/** What is not wished is 0. */
type Wishes = CpuTopology;

/** Nova's limit where nobody sets one. */
const NO_LIMIT = 65536;

export interface TopologyRequest {
  readonly vcpus: number;
  readonly specs: ExtraSpecs;
  readonly image: ImageProperties;
  /** Also read the limits under the names that only Nova's API knows (`hw:max_cpu_*`). */
  readonly readApiNames: boolean;
}

/**
 * Throws `CPU_LIMITS_EXCEEDED` when the image's limits are above the flavor's, `CPU_TOPOLOGY_EXCEEDED` when the
 * image's preference is above the limits, `CPU_TOPOLOGY_IMPOSSIBLE` when nothing within the limits makes up the vCPUs.
 */
export function cpuTopology(request: TopologyRequest): CpuTopology {
  const limits = topologyLimits(request);
  const wishes = topologyWishes(request, limits);
  const possible = possibleTopologies(request.vcpus, limits);
  const best = possible.toSorted((a, b) => score(b, wishes) - score(a, wishes) || byDefault(a, b))[0];
  if (best !== undefined) return best;
  throw new Fault(
    'invalid',
    'CPU_TOPOLOGY_IMPOSSIBLE',
    `${request.vcpus} vCPUs cannot be made of at most ${print(limits)}`,
    { hint: 'Raise hw:cpu_max_* of the flavor or hw_cpu_max_* of the image.' },
  );
}

function topologyLimits({ specs, image, readApiNames }: TopologyRequest): CpuTopology {
  const flavor = {
    sockets: specs.cpuMaxSockets ?? (readApiNames ? specs.maxCpuSockets : undefined) ?? 0,
    cores: specs.cpuMaxCores ?? (readApiNames ? specs.maxCpuCores : undefined) ?? 0,
    threads: specs.cpuMaxThreads ?? (readApiNames ? specs.maxCpuThreads : undefined) ?? 0,
  };
  const ofImage = {
    sockets: image.hw_cpu_max_sockets ?? 0,
    cores: image.hw_cpu_max_cores ?? 0,
    threads: image.hw_cpu_max_threads ?? 0,
  };
  if (exceeds(ofImage, withoutLimit(flavor))) {
    throw new Fault(
      'invalid',
      'CPU_LIMITS_EXCEEDED',
      `The image's hw_cpu_max_* (${print(ofImage)}) are above the flavor's hw:cpu_max_* (${print(flavor)})`,
      { hint: "An image may only lower its flavor's limits." },
    );
  }
  return withoutLimit({
    sockets: ofImage.sockets || flavor.sockets,
    cores: ofImage.cores || flavor.cores,
    threads: ofImage.threads || flavor.threads,
  });
}

function topologyWishes({ specs, image }: TopologyRequest, limits: CpuTopology): Wishes {
  const ofImage = {
    sockets: image.hw_cpu_sockets ?? 0,
    cores: image.hw_cpu_cores ?? 0,
    threads: image.hw_cpu_threads ?? 0,
  };
  if (exceeds(ofImage, limits)) {
    throw new Fault(
      'invalid',
      'CPU_TOPOLOGY_EXCEEDED',
      `The image wishes ${print(ofImage)}, and at most ${print(limits)} are allowed`,
      { hint: 'Lower hw_cpu_* of the image.' },
    );
  }
  // One wish of the image sets aside all of the flavor's.
  if (ofImage.sockets > 0 || ofImage.cores > 0 || ofImage.threads > 0) return ofImage;
  const flavor = {
    sockets: specs.cpuSockets ?? 0,
    cores: specs.cpuCores ?? 0,
    threads: specs.cpuThreads ?? 0,
  };
  return exceeds(flavor, limits) ? { sockets: 0, cores: 0, threads: 0 } : flavor;
}

function possibleTopologies(vcpus: number, limits: CpuTopology): readonly CpuTopology[] {
  const possible: CpuTopology[] = [];
  for (let sockets = 1; sockets <= Math.min(vcpus, limits.sockets); sockets += 1) {
    if (vcpus % sockets !== 0) continue;
    for (let cores = 1; cores <= Math.min(vcpus / sockets, limits.cores); cores += 1) {
      const threads = vcpus / sockets / cores;
      if (Number.isInteger(threads) && threads <= limits.threads) possible.push({ sockets, cores, threads });
    }
  }
  return possible;
}

/** How many of the wishes come true. */
function score(topology: CpuTopology, wishes: Wishes): number {
  const hits = [
    topology.sockets === wishes.sockets,
    topology.cores === wishes.cores,
    topology.threads === wishes.threads,
  ];
  return hits.filter(Boolean).length;
}

/** As few threads as possible, then as many sockets. */
function byDefault(a: CpuTopology, b: CpuTopology): number {
  return b.sockets * b.cores - a.sockets * a.cores || b.sockets - a.sockets;
}

function exceeds(topology: Wishes, limits: CpuTopology): boolean {
  return (
    topology.sockets > limits.sockets || topology.cores > limits.cores || topology.threads > limits.threads
  );
}

function withoutLimit(topology: Wishes): CpuTopology {
  return {
    sockets: topology.sockets || NO_LIMIT,
    cores: topology.cores || NO_LIMIT,
    threads: topology.threads || NO_LIMIT,
  };
}

function print({ sockets, cores, threads }: Wishes): string {
  return `${sockets || 'any'} sockets, ${cores || 'any'} cores, ${threads || 'any'} threads`;
}
