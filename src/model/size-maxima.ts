// How far an instance may grow while it runs: what its domain is made for, beside what it has.

export interface SizeMaxima {
  readonly vcpus: number;
  readonly memoryMiB: number;
}
