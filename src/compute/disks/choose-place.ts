// Where a new disk is plugged in: device, bus and name. Pure. What can be plugged into a running machine follows QEMU: IDE,
// SATA and floppies cannot; USB needs a controller that is there; virtio, and a first disk on SCSI, a free PCI slot.
import { Fault } from '../../base/index.ts';
import { attributeOf, childElements, type Element } from '../../libvirt-xml/index.ts';
import type { DiskBus, Instance, Volume } from '../../model/index.ts';
import { nextDeviceName } from '../device-names.ts';
import { freeSlots, requireFreeSlot } from '../free-slots.ts';
import type { AttachDiskRequest } from './disk-requests.ts';
import { type ShownDomain, takenTargets } from './domain-disks.ts';

export type DiskPlacement = Pick<Volume, 'device' | 'bus' | 'target'>;

const HOT: readonly DiskBus[] = ['virtio', 'scsi', 'usb'];
const WITHOUT_IDE = /^(?:pc-)?q35|^virt(?:-|$)|^pseries|^s390/;
/** More than any machine of QEMU's starts with in reasonable time. */
const MOST_DISKS = 256;

/** Throws `DISK_BUS_UNSUPPORTED`, `DISK_BUS_NOT_HOTPLUGGABLE`, `DISK_BUS_FULL`, `NO_FREE_SLOT` and `TOO_MANY_DISKS`. */
export function choosePlace(
  instance: Instance,
  shown: ShownDomain,
  request: Pick<AttachDiskRequest, 'device' | 'bus' | 'readOnly'>,
): DiskPlacement {
  const { device = 'disk', readOnly = false } = request;
  const bus = request.bus ?? (device === 'disk' ? 'virtio' : cdromBus(instance, shown));
  checkBus(bus, { device, readOnly }, instance);
  const taken = takenTargets(instance, shown);
  if (taken.size >= MOST_DISKS) throw tooMany(instance);
  const target = nextDeviceName(bus, taken);
  if (shown.live !== null) checkHotPlug(shown.live, { device, bus, target }, instance);
  return { device, bus, target };
}

/** Throws `DISK_BUS_NOT_HOTPLUGGABLE` where a disk can neither come nor go while the machine runs. */
export function requireHot({ bus, target }: Pick<Volume, 'bus' | 'target'>, instance: Instance): void {
  if (HOT.includes(bus)) return;
  throw new Fault(
    'unsupported',
    'DISK_BUS_NOT_HOTPLUGGABLE',
    `Disk ${target} of ${instance.name} is on ${bus}, where nothing comes or goes while the guest runs`,
    {
      hint: `Stop it first: novalet stop ${instance.name}. Disks on virtio, scsi and usb come and go at any time: --bus`,
      details: { bus },
    },
  );
}

/** What a CD drive may be on now. On USB only where nothing else has room: QEMU makes a disk of it, from which no medium goes. */
function cdromBus({ hardware }: Instance, { live }: ShownDomain): DiskBus {
  if (live === null || HOT.includes(hardware.cdromBus)) return hardware.cdromBus;
  const hasRoom = hasController(live, 'scsi') || freeSlots(live) !== 0;
  return hasRoom || !hasUsb(live) ? 'scsi' : 'usb';
}

type Wanted = Pick<Volume, 'device' | 'readOnly'>;

function checkBus(bus: DiskBus, wanted: Wanted, { hardware, name }: Instance): void {
  const why = refusalOf(bus, wanted, hardware.machineType);
  if (why === null) return;
  throw new Fault(
    'unsupported',
    'DISK_BUS_UNSUPPORTED',
    `Instance ${name} gets no ${words(wanted.device)} on ${bus}: ${why}`,
    {
      hint: 'Choose another with --bus: virtio (disks only), scsi, sata or usb.',
      details: { bus },
    },
  );
}

function refusalOf(bus: DiskBus, { device, readOnly }: Wanted, machineType: string): string | null {
  if (bus === 'fdc') return 'only floppies can be on it';
  if (bus === 'virtio' && device === 'cdrom') return 'no CD drive can be on it';
  if (bus === 'ide' && WITHOUT_IDE.test(machineType)) return `a machine of type ${machineType} has no IDE`;
  if ((bus === 'ide' || bus === 'sata') && readOnly && device === 'disk')
    return 'a disk that cannot be written to cannot be on it';
  return null;
}

function words(device: Volume['device']): string {
  return device === 'cdrom' ? 'CD drive' : 'disk';
}

function checkHotPlug(live: Element, place: DiskPlacement, instance: Instance): void {
  requireHot(place, instance);
  const { bus, target } = place;
  if (bus === 'usb' && !hasUsb(live)) {
    throw new Fault(
      'unsupported',
      'DISK_BUS_UNSUPPORTED',
      `The machine of ${instance.name} runs without USB`,
      {
        hint: 'Choose another with --bus: virtio or scsi.',
        details: { bus },
      },
    );
  }
  const isFirstScsi = bus === 'scsi' && !hasController(live, 'scsi');
  if (bus !== 'virtio' && !isFirstScsi) return;
  const other = !isFirstScsi && hasController(live, 'scsi') ? 'scsi' : hasUsb(live) ? 'usb' : null;
  const cure = other === null ? '' : `Needs no slot: --bus ${other}. `;
  requireFreeSlot(live, instance, `the disk ${target}`, cure);
}

function hasUsb(devices: Element): boolean {
  return controllers(devices, 'usb').some((one) => attributeOf(one, 'model') !== 'none');
}

function hasController(devices: Element, type: string): boolean {
  return controllers(devices, type).length > 0;
}

function controllers(devices: Element, type: string): readonly Element[] {
  return childElements(devices, 'controller').filter((one) => attributeOf(one, 'type') === type);
}

function tooMany(instance: Instance): Fault {
  return new Fault(
    'exhausted',
    'TOO_MANY_DISKS',
    `Instance ${instance.name} has ${MOST_DISKS} disks already`,
    {
      hint: `Detach one first: novalet disk list ${instance.name}`,
    },
  );
}
