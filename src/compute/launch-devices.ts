// Devices that Nova's XML can name and no guest can be started with: refused before anything is made. Pure. Found by
// defining each in libvirt 9.0 and by asking QEMU 7.2 for each.
import { Fault } from '../base/index.ts';
import { checkDiskPlace, checkHasPci, type Instance, imageProperties } from '../model/index.ts';

/** Of other hypervisors. */
const FOREIGN_VIDEO: readonly string[] = ['xen', 'gop'];

/**
 * Throws `MACHINE_TYPE_UNSUPPORTED`, `DISK_BUS_UNSUPPORTED`, `SCSI_MODEL_UNSUPPORTED`, `VIDEO_MODEL_UNSUPPORTED` or
 * `VIF_MODEL_UNSUPPORTED`.
 */
export function checkDevices(
  { hardware, disks, ports, image }: Pick<Instance, 'hardware' | 'disks' | 'ports' | 'image'>,
  { hasDisplay }: { readonly hasDisplay: boolean },
): void {
  const { machineType, vifModel, videoModel } = hardware;
  checkHasPci(machineType);
  for (const { device, bus } of disks) checkDiskPlace({ device, bus, machineType });
  checkScsiModel(imageProperties(image.properties).hw_scsi_model, machineType);
  if (hasDisplay) checkVideoModel(videoModel);
  if (ports.length > 0) checkVifModel(vifModel, machineType);
}

function checkScsiModel(model: string | undefined, machineType: string): void {
  if (model !== 'buslogic' && (model !== 'ibmvscsi' || isPower(machineType))) return;
  throw new Fault(
    'unsupported',
    'SCSI_MODEL_UNSUPPORTED',
    `hw_scsi_model is ${model}, and a machine of type ${machineType} has no such SCSI controller`,
    {
      hint: 'Set hw_scsi_model of the image to another: virtio-scsi or vmpvscsi.',
      details: { key: 'hw_scsi_model' },
    },
  );
}

function checkVideoModel(model: string): void {
  if (!FOREIGN_VIDEO.includes(model)) return;
  throw new Fault(
    'unsupported',
    'VIDEO_MODEL_UNSUPPORTED',
    `hw_video_model is ${model}, and QEMU has no such video card`,
    {
      hint: 'Set hw_video_model of the image to another: virtio or vga.',
      details: { key: 'hw_video_model' },
    },
  );
}

function checkVifModel(model: string, machineType: string): void {
  if (model !== 'lan9118' && (model !== 'spapr-vlan' || isPower(machineType))) return;
  throw new Fault(
    'unsupported',
    'VIF_MODEL_UNSUPPORTED',
    `hw_vif_model is ${model}, and a machine of type ${machineType} has no such network card`,
    {
      hint: 'Set hw_vif_model of the image to another: virtio or e1000.',
      details: { key: 'hw_vif_model' },
    },
  );
}

function isPower(machineType: string): boolean {
  return machineType.startsWith('pseries');
}
