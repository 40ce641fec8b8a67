// CPU sets as Nova writes them: `0-3,^2`. Rules: nova/virt/hardware.py, parse_cpu_spec.

/** Nova's limit of a guest's sockets, cores and threads; numbers above it are no vCPU. */
const MAX_CPU = 65535;
const RULE = /^(\^?)\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/;

/** A mask over vCPUs whose number is known only with the flavor: `maskedCpus` says which ones it means. */
export interface CpuMask {
  /** It begins with an exclusion, so it is meant to be taken from all vCPUs. */
  readonly fromAll: boolean;
  readonly included: readonly number[];
  readonly excluded: readonly number[];
}

/** Sorted, without what a `^` excludes, wherever in the text that stands. Undefined when it is no CPU set. */
export function parseCpuSet(text: string): readonly number[] | undefined {
  const mask = parseCpuMask(text);
  return mask && maskedCpus({ ...mask, fromAll: false }, 0);
}

export function parseCpuMask(text: string): CpuMask | undefined {
  const included = new Set<number>();
  const excluded = new Set<number>();
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const [, caret, from, to = from] = RULE.exec(part.trim()) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (from === undefined || first > last || last > MAX_CPU) return undefined;
    for (let cpu = first; cpu <= last; cpu += 1) (caret === '^' ? excluded : included).add(cpu);
  }
  if (included.size === 0 && excluded.size === 0) return undefined;
  return { fromAll: text.trim().startsWith('^'), included: sorted(included), excluded: sorted(excluded) };
}

/** The vCPUs of a guest with `vcpus` that a mask means, sorted; ones that the guest does not have may be among them. */
export function maskedCpus(mask: CpuMask, vcpus: number): readonly number[] {
  const all = mask.fromAll ? Array.from({ length: vcpus }, (_unused, cpu) => cpu) : [];
  const excluded = new Set(mask.excluded);
  return sorted(new Set([...all, ...mask.included].filter((cpu) => !excluded.has(cpu))));
}

function sorted(cpus: ReadonlySet<number>): readonly number[] {
  return [...cpus].sort((a, b) => a - b);
}
