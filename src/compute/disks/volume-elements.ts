// A volume as libvirt is told of it when it is plugged in: the same as the definition has it ever after. Pure.
import { deviceElement, type Element } from '../../libvirt-xml/index.ts';
import type { Instance, Volume } from '../../model/index.ts';
import { scsiController, volumeDevice } from '../disk-devices.ts';
import { type DomainContext, domainInputOf } from '../domain-of.ts';
import { guestOptions } from '../guest-options.ts';

export interface VolumeElements {
  readonly disk: Element;
  /** What a disk on SCSI hangs on; null for others, and where libvirt chose one. */
  readonly scsiController: Element | null;
}

export function volumeElements(instance: Instance, volume: Volume, context: DomainContext): VolumeElements {
  const volumes = [...instance.volumes.filter(({ id }) => id !== volume.id), volume];
  const input = domainInputOf({ ...instance, volumes }, context);
  const options = guestOptions(input);
  const [controller] = volume.bus === 'scsi' ? scsiController(input, options) : [];
  return {
    disk: deviceElement(volumeDevice(volume, input, options)),
    scsiController: controller === undefined ? null : deviceElement(controller),
  };
}
