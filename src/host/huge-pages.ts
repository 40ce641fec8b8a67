// The kernel's pools of huge pages, as they are now: an administrator may change them while the host runs.
// Rules: Linux, Documentation/admin-guide/mm/hugetlbpage.rst.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode } from '../base/index.ts';
import { HOST_PATHS, type HostPaths } from './host-paths.ts';

export interface HugePagePool {
  readonly sizeKiB: number;
  readonly total: number;
  /** Neither in use nor promised. */
  readonly free: number;
}

/** By NUMA cell; empty where the kernel shows none. */
export function readHugePages(
  paths: Pick<HostPaths, 'numaNodes'> = HOST_PATHS,
): ReadonlyMap<number, readonly HugePagePool[]> {
  const nodes = namesIn(paths.numaNodes).flatMap((name) => {
    const [, node] = /^node(\d+)$/.exec(name) ?? [];
    return node === undefined ? [] : [Number(node)];
  });
  return new Map(nodes.map((node) => [node, poolsIn(join(paths.numaNodes, `node${node}`, 'hugepages'))]));
}

function poolsIn(folder: string): readonly HugePagePool[] {
  return namesIn(folder).flatMap((name) => {
    const [, sizeKiB] = /^hugepages-(\d+)kB$/.exec(name) ?? [];
    if (sizeKiB === undefined) return [];
    const read = (file: string) => Number(readFileSync(join(folder, name, file), 'utf8'));
    return [{ sizeKiB: Number(sizeKiB), total: read('nr_hugepages'), free: read('free_hugepages') }];
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw error;
  }
}
