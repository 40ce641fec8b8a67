// Which host CPU each pinned vCPU of one cell gets. Pure. Rules: nova/virt/hardware.py, _pack_instance_onto_cores.
import type { CpuPin, CpuThreadPolicy } from '../../model/index.ts';
import { HashOrderedSet } from './hash-order.ts';
import { type HostNumaCell, heldCpus } from './host-cell.ts';

export interface PackRequest {
  /** vCPUs, sorted; at least one. */
  readonly vcpus: readonly number[];
  readonly threadPolicy: CpuThreadPolicy | null;
  /** How many more CPUs QEMU's own threads get. */
  readonly reserve: number;
}

export interface Packing {
  readonly pins: readonly CpuPin[];
  readonly reserved: readonly number[];
}

/** Free CPUs of one core, in the order they are taken. */
type FreeCore = readonly number[];

/** Null when the free cores do not allow it. */
export function packOntoCores(cell: HostNumaCell, request: PackRequest): Packing | null {
  const cores = freeCores(cell);
  const threads = Math.max(1, ...cell.cores.map((core) => core.length));
  switch (request.threadPolicy) {
    case 'isolate':
      return isolated(cores, threads, request);
    case 'require':
      return threads === 1 ? null : packed(cores, request, 2);
    case 'prefer':
    case null:
      return packed(cores, request, 1) ?? linear(cores, request);
    default:
      return request.threadPolicy satisfies never;
  }
}

function freeCores(cell: HostNumaCell): readonly FreeCore[] {
  const dedicated = HashOrderedSet.of(cell.dedicatedCpus).stored();
  const free = dedicated.minus(heldCpus(cell));
  const cores = cell.cores.map((core) => [...HashOrderedSet.of(core).stored().and(free)]);
  return cores.filter((core) => core.length > 0);
}

/** One vCPU on each wholly free core. QEMU's own threads get a core that no vCPU uses. */
function isolated(cores: readonly FreeCore[], threads: number, request: PackRequest): Packing | null {
  const pins = pinned(
    cores.filter((core) => core.length >= threads),
    1,
    request,
  );
  if (pins === null) return null;
  const used = new Set(pins.map(({ cpu }) => cpu));
  return withReserve(
    pins,
    cores.filter((core) => !core.some((cpu) => used.has(cpu))),
    request,
  );
}

/** As many CPUs of each core as possible, the same number of every one, and no fewer than `fewest`. */
function packed(cores: readonly FreeCore[], request: PackRequest, fewest: number): Packing | null {
  for (let each = Math.max(0, ...cores.map((core) => core.length)); each >= fewest; each -= 1) {
    const pins = pinned(
      cores.filter((core) => core.length >= each),
      each,
      request,
    );
    const packing = pins && withReserve(pins, unused(cores, pins), request);
    if (packing !== null) return packing;
  }
  return null;
}

/** Any free CPUs, core after core. */
function linear(cores: readonly FreeCore[], request: PackRequest): Packing | null {
  const single = cores.flat().map((cpu) => [cpu]);
  const pins = pinned(single, 1, request);
  return pins && withReserve(pins, unused(single, pins), request);
}

function pinned(cores: readonly FreeCore[], each: number, { vcpus }: PackRequest): readonly CpuPin[] | null {
  const cpus = cores.flatMap((core) => core.slice(0, each));
  const pins = vcpus.flatMap((vcpu, index) => {
    const cpu = cpus[index];
    return cpu === undefined ? [] : [{ vcpu, cpu }];
  });
  return pins.length === vcpus.length ? pins : null;
}

function unused(cores: readonly FreeCore[], pins: readonly CpuPin[]): readonly FreeCore[] {
  const used = new Set(pins.map(({ cpu }) => cpu));
  return cores.map((core) => core.filter((cpu) => !used.has(cpu)));
}

function withReserve(
  pins: readonly CpuPin[],
  left: readonly FreeCore[],
  { reserve }: PackRequest,
): Packing | null {
  const reserved = left.flat().slice(0, reserve);
  return reserved.length < reserve ? null : { pins, reserved };
}
