// What an instance is while it is rescued: the same machine with other disks and another system. Pure.
import type { Disk, Instance, Rescue } from '../../model/index.ts';
import { RESCUE_DISK } from '../disk-layout.ts';

/** Properties that say what system an image holds, and how it is booted; the others say what the machine is like. */
const OF_THE_SYSTEM = /^(os_|kernel_id$|ramdisk_id$|img_config_drive$|novalet_)/;

/** An instance that is not rescued as it is; of one that is, what its domain is made from. */
export function presentForm(instance: Instance): Instance {
  return instance.rescue === null ? instance : rescuedForm(instance, instance.rescue);
}

/**
 * The machine stays, and what was recorded of it; the system is the rescue image's, with its kernel where it has one. It
 * always has a drive to read, and is led to no service. Disks that were attached later are there where every disk keeps its
 * place, but for what would stand in the place of the drive.
 */
export function rescuedForm(instance: Instance, rescue: Rescue): Instance {
  const targets = new Set(rescue.disks.map(({ target }) => target));
  return {
    ...instance,
    rescue,
    image: { ...instance.image, properties: rescueProperties(instance, rescue) },
    disks: rescue.disks,
    volumes: rescue.isStable ? instance.volumes.filter(({ target }) => !targets.has(target)) : [],
    carrier: null,
  };
}

function rescueProperties(
  { image }: Pick<Instance, 'image'>,
  rescue: Pick<Rescue, 'image'>,
): Readonly<Record<string, string>> {
  const machine = Object.entries(image.properties).filter(([key]) => !OF_THE_SYSTEM.test(key));
  const system = Object.entries(rescue.image.properties).filter(([key]) => OF_THE_SYSTEM.test(key));
  return Object.fromEntries([...machine, ...system]);
}

/** Whether firmware is to boot this disk before all others. */
export function bootsFirst({ rescue }: Pick<Instance, 'rescue'>, { fileName }: Disk): boolean {
  return rescue?.isStable === true && fileName === RESCUE_DISK;
}
