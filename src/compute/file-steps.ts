// Which files an instance has, as the steps that make them. Pure: a launch makes all, a repair those that are missing.
import { configDriveFormatOf, type Disk, type Image, type Instance } from '../model/index.ts';
import { diskPath, type InstancePaths } from './paths.ts';
import type { FileStep } from './plan.ts';

/** Where the content of an instance's files comes from. */
export interface FileSources {
  readonly image: Image;
  readonly kernel: Image | null;
  readonly ramdisk: Image | null;
}

/** In the order in which they are made: the directory first, and a base before what lies over it. */
export function fileSteps(
  { image, kernel, ramdisk }: FileSources,
  { disks }: Pick<Instance, 'disks'>,
  paths: InstancePaths,
): readonly FileStep[] {
  return [
    { kind: 'instance-directory' },
    { kind: 'base-image', image },
    ...disks.map((disk) => diskStep(disk, diskPath(paths, disk), () => image)),
    ...(kernel === null ? [] : [{ kind: 'kernel' as const, path: paths.kernel, image: kernel }]),
    ...(ramdisk === null ? [] : [{ kind: 'ramdisk' as const, path: paths.ramdisk, image: ramdisk }]),
  ];
}

/** `image` is what a root disk is made from; asked for by no other. */
export function diskStep(disk: Disk, path: string, image: () => Image): FileStep {
  switch (disk.role) {
    case 'root':
      return { kind: 'root-disk', path, image: image(), disk };
    case 'ephemeral':
      return { kind: 'ephemeral-disk', path, disk };
    case 'swap':
      return { kind: 'swap-disk', path, disk };
    case 'config':
      return {
        kind: 'config-drive',
        path,
        format: configDriveFormatOf(disk),
        datasource: disk.datasource ?? 'config-drive',
      };
    case 'agent':
      return { kind: 'agent-drive', path };
    default:
      return disk.role satisfies never;
  }
}
