// A flavor: how large a guest is. Names and defaults are Nova's.

export interface Flavor {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** 0 means: as large as the image. */
  readonly rootGiB: number;
  readonly ephemeralGiB: number;
  readonly swapMiB: number;
  /** Extra specs as written, for example `hw:cpu_policy` → `dedicated`. */
  readonly extraSpecs: Readonly<Record<string, string>>;
}

/** The five flavors that exist from the start; DevStack's classic sizes. */
export const DEFAULT_FLAVORS: readonly Flavor[] = [
  flavor('m1.tiny', 1, 512, 1),
  flavor('m1.small', 1, 2048, 20),
  flavor('m1.medium', 2, 4096, 40),
  flavor('m1.large', 4, 8192, 80),
  flavor('m1.xlarge', 8, 16384, 160),
];

function flavor(name: string, vcpus: number, memoryMiB: number, rootGiB: number): Flavor {
  return { name, vcpus, memoryMiB, rootGiB, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
}
