// Decides a resize. Pure: the record, the flavor and facts of the host go in, the record under the new flavor comes out.
import { Fault } from '../../base/index.ts';
import { extraSpecs, type Flavor, type Image, type Instance } from '../../model/index.ts';
import { rootDiskBytes } from '../../storage/index.ts';
import { domainInputOf, domainXmlOf } from '../domain-of.ts';
import { guestOptions } from '../guest-options.ts';
import { checkDevices } from '../launch-devices.ts';
import { checkLaunchable } from '../launch-limits.ts';
import { checkMemory, checkMinima, type LaunchContext, pciDevicesFor, placementFor } from '../plan-launch.ts';
import { withMaxima } from '../sizes/choose-maxima.ts';
import { resizedDisks } from './resized-disks.ts';

export interface ResizeContext
  extends Pick<
    LaunchContext,
    'settings' | 'instances' | 'host' | 'hostMemoryMiB' | 'limits' | 'pci' | 'hostCells' | 'numaRoom'
  > {
  /** Null where the image was removed since, and nothing more is known of what it needs. */
  readonly image: Image | null;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/**
 * The record with flavor, disks, place and devices as they will be, and in `resize` what it can go back to. All else that
 * was chosen for the hardware stays. Throws `RESIZE_SAME_FLAVOR`, `RESIZE_SHRINKS`, `RESIZE_FIRMWARE_FIXED`, and what a
 * launch throws of sizes, places, devices and limits.
 */
export function planResize(instance: Instance, flavor: Flavor, context: ResizeContext): Instance {
  if (isSame(flavor, instance.flavor)) throw sameFlavor(instance, flavor);
  const disks = resizedDisks(instance, flavor);
  if (context.image !== null) {
    checkMinima(flavor, context.image);
    rootDiskBytes(flavor, context.image);
  }
  checkMemory(flavor, context.hostMemoryMiB);
  checkFirmware(instance, flavor);
  const sizing = { flavor, image: instance.image };
  const numa = placementFor(sizing, context);
  const pciDevices = pciDevicesFor(sizing, context, numa);
  const { flavor: oldFlavor, hardware, numa: oldNuma, disks: oldDisks } = instance;
  const planned: Instance = {
    ...instance,
    flavor,
    hardware: grown({ flavor, numa, hardware: { ...hardware, pciDevices } }),
    numa,
    disks,
    resize: {
      flavor: oldFlavor,
      hardware,
      numa: oldNuma,
      disks: oldDisks,
      wasRunning: instance.vmState === 'active',
      at: context.at,
    },
  };
  checkDevices(planned, { hasDisplay: context.settings.vncListen !== null });
  checkLaunchable(planned.hardware, guestOptions(domainInputOf(planned, context)), context.limits);
  domainXmlOf(planned, context); // whatever it finds wrong is found before anything stops
  return planned;
}

/** Room to grow while it runs stays, where there was any and the new place leaves any. */
function grown(sized: Pick<Instance, 'flavor' | 'hardware' | 'numa'>): Instance['hardware'] {
  const { maxima, ...plain } = sized.hardware;
  return maxima === undefined || sized.numa !== null ? plain : withMaxima(sized, {});
}

/** One that was made anew under the same name may be another. */
function isSame(a: Flavor, b: Flavor): boolean {
  const words = ({ name, vcpus, memoryMiB, rootGiB, ephemeralGiB, swapMiB, extraSpecs: specs }: Flavor) =>
    JSON.stringify([name, vcpus, memoryMiB, rootGiB, ephemeralGiB, swapMiB, Object.entries(specs).sort()]);
  return words(a) === words(b);
}

function sameFlavor({ name }: Instance, flavor: Flavor): Fault {
  return new Fault('invalid', 'RESIZE_SAME_FLAVOR', `Instance ${name} has flavor ${flavor.name} already`, {
    hint: 'Choose another one: novalet flavor list',
    details: { flavor: flavor.name },
  });
}

/** What a guest boots by was chosen when it was built, and its disk is made for it. */
function checkFirmware({ name, hardware: { firmware } }: Instance, flavor: Flavor): void {
  const isSecure = firmware.kind === 'uefi' && firmware.secure;
  if (extraSpecs(flavor.extraSpecs).secureBoot !== 'required' || isSecure) return;
  throw new Fault(
    'unsupported',
    'RESIZE_FIRMWARE_FIXED',
    `Flavor ${flavor.name} requires secure boot, and instance ${name} was built without`,
    {
      hint: 'Launch a new instance with that flavor, or choose one without os:secure_boot=required.',
      details: { key: 'os:secure_boot', flavor: flavor.name },
    },
  );
}
