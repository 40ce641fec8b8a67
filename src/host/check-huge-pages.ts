// Can guests have huge pages? The kernel must have set some aside, and QEMU takes them through a mounted hugetlbfs.
import { readFileSync } from 'node:fs';
import { type Finding, ok, warning } from './finding.ts';
import type { HostPaths } from './host-paths.ts';
import { readHugePages } from './huge-pages.ts';

export interface HugePagesSight {
  /** MiB in all pools of all NUMA cells. */
  readonly memoryMiB: number;
  readonly isMounted: boolean;
}

const CHECK = 'huge-pages';

/** Pure. */
export function decideHugePages({ memoryMiB, isMounted }: HugePagesSight): Finding {
  if (memoryMiB === 0) {
    return ok(CHECK, 'No huge pages are set aside; guests whose flavor asks for some are refused');
  }
  if (isMounted) return ok(CHECK, `Guests can have huge pages: ${memoryMiB} MiB are set aside`);
  return warning(
    CHECK,
    `${memoryMiB} MiB are set aside as huge pages, and no hugetlbfs is mounted: guests that ask for them do not start`,
    'mount -t hugetlbfs hugetlbfs /dev/hugepages; then restart libvirtd, which looks for it at its start',
  );
}

export function lookAtHugePages(paths: Pick<HostPaths, 'numaNodes' | 'mounts'>): HugePagesSight {
  const pools = [...readHugePages(paths).values()].flat();
  const memoryKiB = pools.reduce((sum, { sizeKiB, total }) => sum + sizeKiB * total, 0);
  const mounts = readFileSync(paths.mounts, 'utf8').split('\n');
  return {
    memoryMiB: Math.floor(memoryKiB / 1024),
    isMounted: mounts.some((line) => line.split(' ')[2] === 'hugetlbfs'),
  };
}
